#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

enum { most_content = 8192 };

/* What furcate.lock says. */
struct holders {
    long runner, guardian; /* 0: not known */
    char group[most_content];
};

static void read_holders(int fd, struct holders *holders)
{
    char content[most_content] = "";
    *holders = (struct holders){0};
    if (pread(fd, content, sizeof content - 1, 0) <= 0)
        return;
    char *rest = content, *line = strsep(&rest, "\n");
    holders->runner = strtol(line, NULL, 10);
    if ((line = strsep(&rest, "\n")))
        holders->guardian = strtol(line, NULL, 10);
    if ((line = strsep(&rest, "\n")))
        snprintf(holders->group, sizeof holders->group, "%s", line);
}

static bool is_dead(long pid)
{
    return pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

static bool try_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

/* Tries again for as long as those that have it are on their way out; their attempts may take a while to die.
 */
static bool lock_after_dying(int fd, struct holders *holders)
{
    static const struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    enum { patience = 15 * 200, unnamed_patience = 200 }; /* tries */
    for (int tries = 0; tries < patience; tries++) {
        if (try_lock(fd))
            return true;
        if (errno != EACCES && errno != EAGAIN)
            return false;
        read_holders(fd, holders);
        bool unnamed = !holders->runner && tries < unnamed_patience;
        if (!unnamed && !is_dead(holders->runner) && !is_dead(holders->guardian))
            break;
        nanosleep(&pause, NULL);
    }
    errno = EAGAIN;
    return false;
}

static bool refuse(int number, const struct holders *holders, const char *directory, const char *path,
                   struct error *err)
{
    char pid[32] = "";
    long named = holders->guardian ? holders->guardian : holders->runner; /* the one that somebody started */
    if (named)
        snprintf(pid, sizeof pid, " (pid %ld)", named);
    if (number == EAGAIN || number == EACCES)
        return error_set(err, ERROR_LOCKED, "another furcate runner%s works in %s; wait for it or stop it",
                         pid, directory);
    return error_system(
        err, number, "cannot lock %s (does its file system know locks? set log_dir to another folder)", path);
}

static int64_t write_holders(int fd, const struct store_holder *holder)
{
    struct stat info;
    CLEANUP(memory_free)
    char *content = text_format("%ld\n%ld\n%s\n", (long)getpid(), holder ? (long)holder->guardian : 0,
                                holder && holder->group ? holder->group : "");
    if (ftruncate(fd, 0) < 0 || pwrite(fd, content, strlen(content), 0) < 0 || fstat(fd, &info) < 0)
        return 0; /* a full disk: the lock holds all the same */
    return (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
}

bool store_lock(struct store_lock *lock, const char *directory, const struct store_holder *holder,
                struct error *err)
{
    struct holders before = {0};
    CLEANUP(memory_free) char *path = file_join(directory, "furcate.lock");
    *lock = (struct store_lock){.fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666)};
    if (lock->fd < 0)
        return error_system(
            err, errno, "cannot write to the log dir %s (make it writable, or set log_dir to another folder)",
            directory);
    if (!lock_after_dying(lock->fd, &before)) {
        int number = errno;
        file_close_fd(&lock->fd);
        return refuse(number, &before, directory, path, err);
    }
    read_holders(lock->fd, &before);
    lock->was_killed = before.runner > 0;
    lock->group = memory_copy_text(before.group);
    lock->now_ns = write_holders(lock->fd, holder);
    return true;
}

void store_unlock(struct store_lock *lock)
{
    if (lock->fd >= 0)
        (void)!ftruncate(lock->fd, 0);
    file_close_fd(&lock->fd);
    free(lock->group);
    lock->group = NULL;
}
