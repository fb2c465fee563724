#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* The pid of the lock's holder; by the file's content when the system cannot tell (another host, another pid
 * namespace). */
static long holder(int fd, const struct flock *asked)
{
    char content[32] = "";
    struct flock lock = *asked;
    if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
        return lock.l_pid;
    return pread(fd, content, sizeof content - 1, 0) > 0 ? strtol(content, NULL, 10) : 0;
}

static int64_t touch(int fd)
{
    char pid[32];
    struct stat info;
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)len, 0) < 0 || fstat(fd, &info) < 0)
        return 0; /* a full disk: the lock holds all the same */
    return (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
}

int store_lock(const char *directory, int64_t *now_ns, struct error *err)
{
    CLEANUP(memory_free) char *path = file_join(directory, "furcate.lock");
    /* A lock of the process, not of the open file: a child that outlives the runner does not keep it. */
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        error_system(err, errno,
                     "cannot write to the log dir %s (make it writable, or set log_dir to another folder)",
                     directory);
        return -1;
    }
    if (fcntl(fd, F_SETLK, &lock) == 0) {
        *now_ns = touch(fd);
        return fd;
    }
    if (errno == EACCES || errno == EAGAIN)
        error_set(err, ERROR_SYSTEM, "another furcate runner (pid %ld) works in %s; wait for it or stop it",
                  holder(fd, &lock), directory);
    else
        error_system(err, errno,
                     "cannot lock %s (does its file system know locks? set log_dir to another folder)", path);
    file_close_fd(&fd);
    return -1;
}
