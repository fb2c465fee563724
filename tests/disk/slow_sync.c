/* LD_PRELOAD: a disk that takes FURCATE_SYNC_MS milliseconds more for each file that is synced. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void delay(void)
{
    const char *text = getenv("FURCATE_SYNC_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    delay();
    return (int)syscall(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    delay();
    return (int)syscall(SYS_fdatasync, fd);
}
