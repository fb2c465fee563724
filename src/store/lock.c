#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/user.h"

static const struct timespec pause_of_5_ms = {.tv_nsec = 5 * 1000 * 1000};
enum { patience = 15 * 200, unnamed_patience = 200, end_patience = 400 }; /* tries, with a pause after each */

/* --- the file --- */

static bool read_holders(int fd, struct holders *holders)
{
    char content[HOLDERS_MOST_BYTES];
    ssize_t got = pread(fd, content, sizeof content - 1, 0);
    content[got > 0 ? got : 0] = '\0';
    return holders_parse(holders, content, got > 0 ? (size_t)got : 0);
}

/* Never through a link, and without waiting for whoever may be at the other end of a FIFO. */
static int open_file(const char *path)
{
    const int flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = -1;
    for (int tries = 0; fd < 0 && tries < 100; tries++) { /* others may make and delete it just then */
        fd = open(path, flags);
        if (fd < 0 && errno == ENOENT)
            fd = open(path, flags | O_CREAT | O_EXCL, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

static bool refuse_kind(const char *path, struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "%s is no regular file, so furcate did not write it (delete it)",
                     path);
}

static bool refuse_to_open(int number, const char *directory, const char *path, struct error *err)
{
    struct stat info;
    bool is_there = lstat(path, &info) == 0;
    if (is_there && !S_ISREG(info.st_mode))
        return refuse_kind(path, err);
    if (!is_there || number != EACCES || info.st_uid == geteuid())
        return error_system(
            err, number,
            "cannot write to the log dir %s (make it writable, or set log_dir to another folder)", directory);
    CLEANUP(memory_free) char *owner = user_name(info.st_uid);
    return error_set(err, ERROR_LOCKED,
                     "%s belongs to the user %s, so only %s can work in this log dir; set log_dir to another "
                     "folder, or, once no furcate of %s works in this one, delete the file",
                     path, owner, owner, owner);
}

/* Nobody else is to read the token, nor to keep its owner out by a lock for reading. */
static bool check_file(int fd, const char *path, struct error *err)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return error_system(err, errno, "cannot read %s", path);
    if (!S_ISREG(info.st_mode))
        return refuse_kind(path, err);
    if (info.st_uid == geteuid() && (info.st_mode & 07777) != 0600 && info.st_nlink <= 1)
        fchmod(fd, 0600);
    return true;
}

static bool open_lock(const char *directory, const char *path, int *fd, struct error *err)
{
    *fd = open_file(path);
    return *fd >= 0 ? check_file(*fd, path, err) : refuse_to_open(errno, directory, path, err);
}

/* --- the lock --- */

static bool try_lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &whole) == 0;
}

static bool has_ended(const struct holder *holder)
{
    return holder->pid > 0 && proc_has_ended(holder->pid, holder->start);
}

/* Returns whether those that have it are on their way out, here, where that can be seen. */
static bool is_dying(const struct holders *holders, const struct machine *here)
{
    return !machine_is_elsewhere(here, &holders->machine) &&
           (has_ended(&holders->runner) || has_ended(&holders->guardian));
}

/* Tries again for as long as those that have it are on their way out; their attempts may take a while to die.
 */
static bool lock_after_dying(int fd, const struct machine *here, struct holders *holders)
{
    for (int tries = 0; tries < patience; tries++) {
        if (try_lock(fd))
            return true;
        if (errno != EACCES && errno != EAGAIN)
            return false;
        bool is_named = read_holders(fd, holders);
        if (is_named ? !is_dying(holders, here) : tries >= unnamed_patience)
            break;
        nanosleep(&pause_of_5_ms, NULL);
    }
    errno = EAGAIN;
    return false;
}

/* Adds "on host X, in another container, pid 12 there". */
static void add_place(const struct holders *holders, const struct machine *here, long pid, struct text *out)
{
    const struct machine *there = &holders->machine;
    if (strcmp(there->host, here->host) != 0 || strcmp(there->boot, here->boot) != 0)
        text_addf(out, "on host %s, ", there->host[0] ? there->host : "(without a name)");
    if (strcmp(there->boot, here->boot) == 0)
        text_add(out, "in another container, ");
    text_addf(out, "pid %ld there", pid);
}

static bool refuse(int number, const struct holders *holders, const struct machine *here,
                   const char *directory, const char *path, struct error *err)
{
    /* the one that somebody started */
    long pid = holders->guardian.pid ? holders->guardian.pid : holders->runner.pid;
    CLEANUP(text_free) struct text place = {0};
    if (number != EAGAIN && number != EACCES)
        return error_system(err, number,
                            "cannot lock %s (does its file system know locks? set log_dir to another folder)",
                            path);
    if (pid && machine_is_elsewhere(here, &holders->machine)) {
        add_place(holders, here, pid, &place);
        return error_set(err, ERROR_LOCKED,
                         "another furcate runner works in %s: %s; wait for it, or stop it there", directory,
                         text_get(&place));
    }
    if (pid)
        text_addf(&place, " (pid %ld)", pid);
    return error_set(err, ERROR_LOCKED, "another furcate runner%s works in %s; wait for it or stop it",
                     text_get(&place), directory);
}

/* --- who had it, and who has it now --- */

static bool identify(int fd, struct lock_identity *identity)
{
    struct statx info;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &info) < 0)
        return false;
    *identity = (struct lock_identity){makedev(info.stx_dev_major, info.stx_dev_minor), info.stx_ino, 0};
    if (info.stx_mask & STATX_BTIME)
        identity->born = (uint64_t)info.stx_btime.tv_sec * 1000000000 + info.stx_btime.tv_nsec;
    return true;
}

/* Returns whether the file is the one that its content was written to: a copy of it says nothing of this log
 * dir, and what another user wrote is not believed. */
static bool is_original(int fd, const struct lock_identity *written)
{
    struct stat info;
    struct lock_identity now;
    return fstat(fd, &info) == 0 && info.st_uid == geteuid() && identify(fd, &now) &&
           now.device == written->device && now.inode == written->inode && now.born == written->born;
}

static bool have_ended(const struct holders *holders)
{
    return has_ended(&holders->runner) && (!holders->guardian.pid || has_ended(&holders->guardian));
}

/* Waits for those that had the lock: a process that is killed lets go of its files a moment before it counts
 * as ended. */
static bool wait_for_end(const struct holders *holders)
{
    int tries = 0;
    while (!have_ended(holders) && tries++ < end_patience)
        nanosleep(&pause_of_5_ms, NULL);
    return have_ended(holders);
}

static bool find_killed(int fd, const struct machine *here, struct holders *holders)
{
    return read_holders(fd, holders) && is_original(fd, &holders->lock) &&
           machine_shares_pids(here, &holders->machine) && wait_for_end(holders);
}

static void describe(struct holders *holders, const struct machine *here, const struct store_holder *holder)
{
    *holders = (struct holders){.machine = *here, .runner = {getpid(), proc_start(getpid())}};
    if (!holder)
        return;
    holders->guardian = (struct holder){holder->guardian, proc_start(holder->guardian)};
    snprintf(holders->token, sizeof holders->token, "%s", holder->token ? holder->token : "");
    if (holder->group && strlen(holder->group) < sizeof holders->group)
        snprintf(holders->group, sizeof holders->group, "%s", holder->group);
}

/* Returns the file system's time; 0 where nothing could be written, as on a full disk: the lock holds all the
 * same. */
static int64_t write_holders(int fd, struct holders *holders)
{
    struct stat info;
    CLEANUP(text_free) struct text content = {0};
    identify(fd, &holders->lock);
    holders_format(holders, &content);
    if (ftruncate(fd, 0) < 0 || pwrite(fd, content.data, content.len, 0) != (ssize_t)content.len ||
        fstat(fd, &info) < 0)
        return 0;
    return (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
}

static bool open_and_lock(struct store_lock *lock, const char *directory, const char *path,
                          const struct machine *here, struct error *err)
{
    if (!open_lock(directory, path, &lock->fd, err)) {
        file_close_fd(&lock->fd);
        return false;
    }
    if (lock_after_dying(lock->fd, here, &lock->before))
        return true;
    int number = errno;
    file_close_fd(&lock->fd);
    return refuse(number, &lock->before, here, directory, path, err);
}

/* Puts a file of our own in the place of the locked one. It says what that one proves about a runner that was
 * killed, whose leftovers are still to be ended. */
static void replace_lock(int fd, const char *path, const struct machine *here)
{
    struct holders before;
    bool was_killed = find_killed(fd, here, &before);
    CLEANUP(memory_free) char *fresh = text_format("%s.new", path);
    unlink(fresh);
    CLEANUP(file_close_fd) int fresh_fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fresh_fd >= 0 && (!was_killed || write_holders(fresh_fd, &before)) && rename(fresh, path) == 0)
        return;
    unlink(fresh);
}

/* Returns whether the path still names the locked file. A file with a second name elsewhere (a hard link) may
 * be anything, or a backup: nothing is written to it, and another takes its place here, which no runner can
 * have while it is locked. */
static bool is_of_log_dir(int fd, const char *path, const struct machine *here)
{
    struct stat locked, named;
    if (fstat(fd, &locked) < 0 || lstat(path, &named) < 0 || !file_is_same(&locked, &named))
        return false;
    if (locked.st_nlink > 1)
        replace_lock(fd, path, here);
    return locked.st_nlink <= 1; /* some file systems count none */
}

bool store_lock(struct store_lock *lock, const char *directory, struct error *err)
{
    enum { most_tries = 100 };
    struct machine here;
    CLEANUP(memory_free) char *path = file_join(directory, "furcate.lock");
    *lock = (struct store_lock){.fd = -1};
    machine_read(&here);
    for (int tries = 0; tries < most_tries; tries++) {
        if (!open_and_lock(lock, directory, path, &here, err))
            return false;
        if (is_of_log_dir(lock->fd, path, &here)) {
            lock->was_killed = find_killed(lock->fd, &here, &lock->before);
            return true;
        }
        file_close_fd(&lock->fd);
    }
    return error_set(
        err, ERROR_SYSTEM,
        "%s has a second name elsewhere (a hard link), or is replaced again and again; delete it "
        "once no furcate works in this log dir",
        path);
}

void store_sign_lock(struct store_lock *lock, const struct store_holder *holder)
{
    struct machine here;
    struct holders holders;
    machine_read(&here);
    describe(&holders, &here, holder);
    lock->now_ns = write_holders(lock->fd, &holders);
}

void store_unlock(struct store_lock *lock)
{
    if (lock->fd >= 0)
        (void)!ftruncate(lock->fd, 0);
    file_close_fd(&lock->fd);
}
