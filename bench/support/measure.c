/*
 * Runs a command and prints its wall seconds, CPU seconds and peak memory (KiB) to stderr's sibling, file
 * descriptor 3. CPU and memory are those of all its processes, also of one that it leaves in the background,
 * whose end is waited for. A process' peak memory counts what it was before exec, so that a large interpreter
 * cannot measure a small program.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
    pid_t pid, ended;
    int status, its_status = -1;
    struct rusage usage;
    double start = now(), wall = 0, cpu = 0;
    long peak = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (argc < 2 || posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ) != 0)
        return 127;
    while ((ended = wait4(-1, &status, 0, &usage)) > 0 || errno == EINTR) {
        if (ended < 0)
            continue;
        if (ended == pid) {
            wall = now() - start;
            its_status = status;
        }
        cpu += seconds(usage.ru_utime) + seconds(usage.ru_stime);
        peak = usage.ru_maxrss > peak ? usage.ru_maxrss : peak;
    }
    dprintf(3, "%.6f %.6f %ld\n", wall, cpu, peak);
    return WIFEXITED(its_status) ? WEXITSTATUS(its_status) : 1;
}
