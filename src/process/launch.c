#include "process/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/vector.h"
#include "process/child.h"
#include "process/clone3.h"
#include "process/ignored.h"

static const size_t stack_size = 64 * 1024;

/* A child that may not have executed its program yet, at the low end of its stack. */
struct birth {
    struct child child;
    char *name; /* argv[0] as it was given */
};

struct launcher {
    VECTOR(struct birth *) free;
    int null_fd;
    struct rlimit files; /* the runner may raise its own */
    bool has_launched;
    uint64_t reset; /* signals, as in struct child, from the first launch on */
};

struct launcher *launcher_create(struct error *err)
{
    struct launcher *launcher = memory_new(1, sizeof *launcher);
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
    for (size_t i = 0; i < launcher->free.count; i++)
        munmap(launcher->free.items[i], stack_size);
    vector_free(&launcher->free);
    if (launcher->null_fd >= 0)
        close(launcher->null_fd);
    free(launcher);
}

static struct birth *take_birth(struct launcher *launcher, struct error *err)
{
    if (launcher->free.count > 0)
        return launcher->free.items[--launcher->free.count];
    void *stack =
        mmap(NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack != MAP_FAILED)
        return stack;
    error_system(err, errno, "cannot get memory to launch runs");
    return NULL;
}

/* Returns whether a child ignores the signal when this process does. The runner itself needs SIGTERM to end
 * it, and ignores others, such as SIGPIPE, for reasons of its own. */
static bool is_inherited(int number)
{
    return number == SIGHUP || number == SIGINT || number == SIGQUIT;
}

/* Returns the signals that a child has to reset: those that are ignored, and where handlers are not reset by
 * the kernel all. */
static uint64_t signals_to_reset(bool all)
{
    uint64_t signals = 0;
    for (int number = 1; number < NSIG; number++) {
        bool ignored = signal_is_ignored(number);
        if ((ignored || all) && !(ignored && is_inherited(number)))
            signals |= (uint64_t)1 << (number - 1);
    }
    return signals;
}

/* Its exec is waited for in any case, and handlers are still set when it begins. */
static pid_t clone_without_clone3(struct birth *birth, int *pidfd)
{
    birth->child.reset = signals_to_reset(true);
    return clone(child_start, (char *)birth + stack_size, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                 &birth->child, pidfd);
}

static pid_t clone_child(struct birth *birth, int cgroup, int *pidfd)
{
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all,
              SIGCHLD); /* ignored as it is; blocked, it would wake another thread at each end of a run */
    pthread_sigmask(SIG_SETMASK, &all, &before); /* no handler of ours may run in the child */
    birth->child.adopts = cgroup < 0;
    pid_t pid =
        clone3_child(child_start, &birth->child, birth, stack_size, cgroup, birth->child.launch.waits, pidfd);
    if (pid < 0 && (errno == ENOSYS || errno == EINVAL || errno == EPERM) && cgroup < 0)
        pid = clone_without_clone3(birth, pidfd);
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

static bool fail_to_clone(struct launcher *launcher, struct birth *birth, struct error *err)
{
    error_system(err, errno, "cannot start a process for %s", birth->child.launch.path);
    vector_push(&launcher->free, birth);
    return false;
}

bool launch_process(struct launcher *launcher, const struct launch *launch, struct launched *launched,
                    struct error *err)
{
    struct birth *birth = take_birth(launcher, err);
    if (!birth)
        return false;
    if (!launcher->has_launched)
        launcher->reset = signals_to_reset(false);
    launcher->has_launched = true;
    *birth = (struct birth){
        .child = {*launch, launcher->files, launcher->null_fd, getpid(), false, launcher->reset, 0},
        .name = launch->argv[0],
    };
    int pidfd = -1, cgroup = launch->cgroup;
    pid_t pid = clone_child(birth, cgroup, &pidfd);
    if (pid < 0 && cgroup >= 0 && was_refused_cgroup(errno))
        pid = clone_child(birth, cgroup = -1, &pidfd);
    if (pid < 0)
        return fail_to_clone(launcher, birth, err);
    *launched = (struct launched){pid, pidfd, cgroup >= 0, birth};
    if (!launch->waits || !birth->child.error)
        return true;
    close(pidfd);
    waitpid(pid, NULL, 0);
    return launch_explain(launch->path, launch_end(launcher, birth), err);
}

int launch_end(struct launcher *launcher, struct birth *birth)
{
    if (!birth)
        return 0;
    ((char **)birth->child.launch.argv)[0] = birth->name; /* the child may have put another there */
    vector_push(&launcher->free, birth);
    return birth->child.error;
}

bool launch_explain(const char *path, int number, struct error *err)
{
    error_system(err, number, "cannot execute %s", path);
    err->kind = ERROR_CONFIG;
    err->is_of_run = number == E2BIG; /* the arguments are the run's, and all else is everybody's */
    return false;
}
