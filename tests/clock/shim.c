/* LD_PRELOAD: the clocks run ahead by the seconds that stand in the file FURCATE_CLOCK, the wall clock's
 * first, then those of the one that nobody sets. A test may change them at any time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct ahead {
    long wall, monotonic;
};

static struct ahead read_ahead(void)
{
    struct ahead ahead = {0, 0};
    const char *path = getenv("FURCATE_CLOCK");
    FILE *file = path ? fopen(path, "re") : NULL;
    if (file && fscanf(file, "%ld %ld", &ahead.wall, &ahead.monotonic) < 1)
        ahead = (struct ahead){0, 0};
    if (file)
        fclose(file);
    return ahead;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);
    if (result == 0 && clock == CLOCK_REALTIME)
        now->tv_sec += read_ahead().wall;
    if (result == 0 && (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE))
        now->tv_sec += read_ahead().monotonic;
    return (int)result;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
