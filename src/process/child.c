/* Runs in the memory of the parent while that goes on, on a stack of its own: it makes system calls only,
 * past the C library. It is compiled without sanitizers (see CMakeLists.txt), since their functions would
 * take it for the thread whose memory it uses. */
#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "process/raw_call.h"

static long address(const void *pointer)
{
    return (long)(uintptr_t)pointer;
}

static void reset_signals(uint64_t signals)
{
    static const uint64_t standard[8]; /* the kernel's struct sigaction: SIG_DFL, no flags, an empty mask */
    static const uint64_t none;        /* the kernel's sigset_t */
    for (int number = 1; number < NSIG; number++)
        if (signals >> (number - 1) & 1)
            raw_call(SYS_rt_sigaction, number, address(standard), 0,
                     sizeof none); /* fails for SIGKILL and SIGSTOP */
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, address(&none), 0, sizeof none);
}

static long open_files(const struct child *child)
{
    const int files[] = {child->null_fd, child->launch.output, child->launch.errors};
    long result = 0;
    /* Also what the runner itself was started with. */
    raw_call(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */, 0);
    if (child->launch.inherits > 0)
        raw_call(SYS_fcntl, child->launch.inherits, F_SETFD, 0, 0);
    raw_call(SYS_prlimit64, 0, RLIMIT_NOFILE, address(&child->files), 0);
    for (int i = 0; i < 3 && result >= 0; i++)
        result = raw_call(SYS_dup3, files[i], i, 0, 0);
    return result;
}

/* As execvp does, a script without "#!" is given to the shell. */
static long execute(const struct launch *launch)
{
    long result =
        raw_call(SYS_execve, address(launch->path), address(launch->argv), address(launch->envp), 0);
    if (result != -ENOEXEC)
        return result;
    char **shell = (char **)launch->argv - 1;
    shell[0] = (char *)"/bin/sh";
    shell[1] = (char *)launch->path;
    return raw_call(SYS_execve, address("/bin/sh"), address(shell), address(launch->envp), 0);
}

int child_start(void *argument)
{
    struct child *child = argument;
    raw_call(SYS_setsid, 0, 0, 0, 0);
    raw_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
    if (child->adopts)
        raw_call(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0);
    /* Else the runner died before that took effect. */
    if (raw_call(SYS_getppid, 0, 0, 0, 0) == child->runner) {
        reset_signals(child->reset);
        long result = open_files(child);
        if (result >= 0)
            result = execute(&child->launch);
        child->error = (int)-result;
    }
    for (;;)
        raw_call(SYS_exit_group, 127, 0, 0, 0);
}
