#include "run/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "run/clone3.h"

static const size_t stack_size = 256 * 1024;

struct launcher {
    char *stack; /* of the child between clone and exec; one child at a time */
    int null_fd;
    struct rlimit files; /* the runner may raise its own */
};

struct launcher *launcher_create(struct error *err)
{
    char *stack =
        mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) {
        error_system(err, errno, "cannot get memory to launch runs");
        return NULL;
    }
    struct launcher *launcher = memory_new(1, sizeof *launcher);
    launcher->stack = stack;
    launcher->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    getrlimit(RLIMIT_NOFILE, &launcher->files);
    if (launcher->null_fd >= 0)
        return launcher;
    error_system(err, errno, "cannot read /dev/null, which is the runs' input");
    launcher_destroy(launcher);
    return NULL;
}

void launcher_destroy(struct launcher *launcher)
{
    if (!launcher)
        return;
    munmap(launcher->stack, stack_size);
    if (launcher->null_fd >= 0)
        close(launcher->null_fd);
    free(launcher);
}

struct child {
    const struct launch *launch;
    const struct rlimit *files;
    int null_fd;
    pid_t runner;
    bool adopts;
    int error; /* written by the child: memory is shared */
};

static void reset_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &standard, NULL); /* fails for SIGKILL, SIGSTOP and libc's own: as it should */
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void execute(const struct launch *launch)
{
    execve(launch->path, launch->argv, launch->envp);
    if (errno != ENOEXEC)
        return;
    char **shell = (char **)launch->argv - 1;
    char *name = shell[1];
    shell[0] = (char *)"/bin/sh";
    shell[1] = (char *)launch->path;
    execve("/bin/sh", shell, launch->envp);
    shell[1] = name;
}

/* Runs in the child, in the parent's memory: system calls only, on a stack that AddressSanitizer does not
 * know. */
__attribute__((no_sanitize("address"))) static int start_child(void *argument)
{
    struct child *child = argument;
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (child->adopts)
        prctl(PR_SET_CHILD_SUBREAPER, 1L);
    if (getppid() != child->runner)
        _exit(127); /* the runner died before the line above took effect */
    reset_signals();
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC); /* also what the runner itself was started with */
    setrlimit(RLIMIT_NOFILE, child->files);
    if (dup2(child->null_fd, 0) == 0 && dup2(child->launch->output, 1) == 1 &&
        dup2(child->launch->errors, 2) == 2)
        execute(child->launch);
    child->error = errno;
    _exit(127);
}

static pid_t clone_child(struct launcher *launcher, struct child *child, int cgroup, int *pidfd)
{
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all,
              SIGCHLD); /* ignored as it is; blocked, it would wake another thread at each end of a run */
    pthread_sigmask(SIG_SETMASK, &all, &before); /* no handler of ours may run in the child */
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
    child->adopts = cgroup < 0;
    pid_t pid = clone3_vfork(start_child, child, launcher->stack, stack_size, cgroup, pidfd);
    if (pid < 0 && errno == ENOSYS && cgroup < 0)
        pid = clone(start_child, launcher->stack + stack_size, flags, child, pidfd);
    int number = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = number;
    return pid;
}

/* Not for want of memory, files or processes, which a launch without a group would lack as well. */
static bool was_refused_cgroup(int number)
{
    return number != EAGAIN && number != ENOMEM && number != EMFILE && number != ENFILE;
}

bool launch_process(struct launcher *launcher, const struct launch *launch, struct launched *launched,
                    struct error *err)
{
    struct child child = {
        .launch = launch, .files = &launcher->files, .null_fd = launcher->null_fd, .runner = getpid()};
    int pidfd = -1, cgroup = launch->cgroup;
    pid_t pid = clone_child(launcher, &child, cgroup, &pidfd);
    if (pid < 0 && cgroup >= 0 && was_refused_cgroup(errno))
        pid = clone_child(launcher, &child, cgroup = -1, &pidfd);
    if (pid < 0)
        return error_system(err, errno, "cannot start a process for %s", launch->path);
    if (child.error == 0) {
        *launched = (struct launched){pid, pidfd, cgroup >= 0};
        return true;
    }
    close(pidfd);
    waitpid(pid, NULL, 0);
    error_system(err, child.error, "cannot execute %s", launch->path);
    err->kind = ERROR_CONFIG;
    return false;
}
