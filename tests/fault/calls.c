/* The calls of libc that furcate, libuv, SQLite and libfyaml make, each wrapped: see fault.h. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fault.h"

#define EXPORT __attribute__((visibility("default")))

enum {
    KILL = 1 << CAUSE_KILL,
    TEAR = 1 << CAUSE_TEAR,
    DISK = 1 << CAUSE_DISK,
    READ_ONLY = 1 << CAUSE_READ_ONLY,
    IO = 1 << CAUSE_IO,
    FILES = 1 << CAUSE_FILES,
    PROCESSES = 1 << CAUSE_PROCESSES,
    MEMORY = 1 << CAUSE_MEMORY,
    SHORT = 1 << CAUSE_SHORT,
    CHANGES = KILL | DISK | READ_ONLY | IO, /* a name in a folder */
};

/* Libc's own. */
#define FIND(name)                                                                                           \
    static __typeof__(name) *libc_##name;                                                                    \
    if (!libc_##name)                                                                                        \
    libc_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define WRAP(type, name, parameters, arguments, causes, subject, failed)                                     \
    EXPORT type name parameters                                                                              \
    {                                                                                                        \
        FIND(name);                                                                                          \
        if (fault_enter(causes, #name, subject) == FAULT_FAIL)                                               \
            return failed;                                                                                   \
        type result = libc_##name arguments;                                                                 \
        fault_leave();                                                                                       \
        return result;                                                                                       \
    }

/* --- names --- */

WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), CHANGES, ABOUT(path), -1)
WRAP(int, rmdir, (const char *path), (path), KILL | READ_ONLY | IO, ABOUT(path), -1)
WRAP(int, unlink, (const char *path), (path), KILL | READ_ONLY | IO, ABOUT(path), -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), CHANGES, ABOUT(to), -1)
WRAP(int, unlinkat, (int folder, const char *name, int flags), (folder, name, flags), KILL | READ_ONLY | IO,
     ((struct fault_subject){name, folder}), -1)
WRAP(int, renameat, (int from_folder, const char *from, int folder, const char *to),
     (from_folder, from, folder, to), CHANGES, ((struct fault_subject){to, folder}), -1)
WRAP(int, fstatat, (int folder, const char *name, struct stat *info, int flags), (folder, name, info, flags),
     IO, ((struct fault_subject){name, folder}), -1)
WRAP(int, access, (const char *path, int mode), (path, mode), IO, ABOUT(path), -1)
WRAP(int, stat, (const char *path, struct stat *info), (path, info), IO, ABOUT(path), -1)
WRAP(int, stat64, (const char *path, struct stat64 *info), (path, info), IO, ABOUT(path), -1)
WRAP(int, lstat64, (const char *path, struct stat64 *info), (path, info), IO, ABOUT(path), -1)
WRAP(DIR *, opendir, (const char *path), (path), IO | FILES, ABOUT(path), NULL)
WRAP(struct dirent *, readdir, (DIR * folder), (folder), IO, ABOUT_FD(dirfd(folder)), NULL)

static unsigned causes_of_open(int flags)
{
    bool makes = flags & (O_CREAT | O_TRUNC), writes = (flags & O_ACCMODE) != O_RDONLY;
    return IO | FILES | (makes ? KILL | DISK : 0U) | (writes ? READ_ONLY : 0U);
}

#define WRAP_OPEN(name)                                                                                      \
    EXPORT int name(const char *path, int flags, ...)                                                        \
    {                                                                                                        \
        FIND(name);                                                                                          \
        va_list rest;                                                                                        \
        va_start(rest, flags);                                                                               \
        mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;                                            \
        va_end(rest);                                                                                        \
        if (fault_enter(causes_of_open(flags), "open", ABOUT(path)) == FAULT_FAIL)                           \
            return -1;                                                                                       \
        int fd = libc_##name(path, flags, mode);                                                             \
        fault_leave();                                                                                       \
        return fd;                                                                                           \
    }
WRAP_OPEN(open)
WRAP_OPEN(open64)

EXPORT int openat(int folder, const char *path, int flags, ...)
{
    FIND(openat);
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    struct fault_subject subject = {path, folder};
    if (fault_enter(causes_of_open(flags), "openat", subject) == FAULT_FAIL)
        return -1;
    int fd = libc_openat(folder, path, flags, mode);
    fault_leave();
    return fd;
}

/* What the C library's headers make of open() without a mode in optimised code. */
EXPORT int __open64_2(const char *path, int flags);
WRAP(int, __open64_2, (const char *path, int flags), (path, flags), causes_of_open(flags), ABOUT(path), -1)

/* --- bytes of files; what goes through sockets, pipes and the terminal is not counted --- */

static unsigned on_file(unsigned causes, int fd, size_t len)
{
    struct stat info;
    if (fd <= 2 || syscall(SYS_fstat, fd, &info) < 0 || !S_ISREG(info.st_mode))
        return 0;
    return len > 1 ? causes : causes & ~(unsigned)(TEAR | SHORT);
}

#define WRAP_TRANSFER(name, parameters, arguments, causes)                                                   \
    EXPORT ssize_t name parameters                                                                           \
    {                                                                                                        \
        FIND(name);                                                                                          \
        enum fault_verdict verdict = fault_enter(on_file(causes, fd, len), #name, ABOUT_FD(fd));             \
        if (verdict == FAULT_FAIL)                                                                           \
            return -1;                                                                                       \
        len = verdict == FAULT_HALVE ? len / 2 : len;                                                        \
        ssize_t result = libc_##name arguments;                                                              \
        fault_leave();                                                                                       \
        return result;                                                                                       \
    }
WRAP_TRANSFER(write, (int fd, const void *bytes, size_t len), (fd, bytes, len),
              KILL | TEAR | DISK | IO | SHORT)
WRAP_TRANSFER(pwrite, (int fd, const void *bytes, size_t len, off_t at), (fd, bytes, len, at),
              KILL | TEAR | DISK | IO | SHORT)
WRAP_TRANSFER(pwrite64, (int fd, const void *bytes, size_t len, off64_t at), (fd, bytes, len, at),
              KILL | TEAR | DISK | IO | SHORT)
WRAP_TRANSFER(read, (int fd, void *bytes, size_t len), (fd, bytes, len), IO | SHORT)
WRAP_TRANSFER(pread, (int fd, void *bytes, size_t len, off_t at), (fd, bytes, len, at), IO | SHORT)
WRAP_TRANSFER(pread64, (int fd, void *bytes, size_t len, off64_t at), (fd, bytes, len, at), IO | SHORT)

WRAP(int, fsync, (int fd), (fd), KILL | DISK | IO, ABOUT_FD(fd), -1)
WRAP(int, fdatasync, (int fd), (fd), KILL | DISK | IO, ABOUT_FD(fd), -1)
WRAP(int, ftruncate, (int fd, off_t size), (fd, size), CHANGES, ABOUT_FD(fd), -1)
WRAP(int, ftruncate64, (int fd, off64_t size), (fd, size), CHANGES, ABOUT_FD(fd), -1)
WRAP(int, fstat, (int fd, struct stat *info), (fd, info), IO, ABOUT_FD(fd), -1)
WRAP(int, fstat64, (int fd, struct stat64 *info), (fd, info), IO, ABOUT_FD(fd), -1)
WRAP(void *, mmap, (void *at, size_t len, int access, int flags, int fd, off_t offset),
     (at, len, access, flags, fd, offset), MEMORY, ABOUT_FD(fd), MAP_FAILED)
WRAP(void *, mmap64, (void *at, size_t len, int access, int flags, int fd, off64_t offset),
     (at, len, access, flags, fd, offset), MEMORY, ABOUT_FD(fd), MAP_FAILED)

/* A lock, for one; SQLite's and furcate.lock's. */
#define WRAP_FCNTL(name)                                                                                     \
    EXPORT int name(int fd, int command, ...)                                                                \
    {                                                                                                        \
        FIND(name);                                                                                          \
        va_list rest;                                                                                        \
        va_start(rest, command);                                                                             \
        void *argument = va_arg(rest, void *);                                                               \
        va_end(rest);                                                                                        \
        bool locks = command == F_SETLK || command == F_OFD_SETLK, copies = command == F_DUPFD_CLOEXEC;      \
        bool unlocks = locks && ((const struct flock *)argument)->l_type == F_UNLCK;                         \
        unsigned causes = locks && !unlocks ? IO : copies ? FILES : 0;                                       \
        if (fault_enter(causes, "fcntl", ABOUT_FD(fd)) == FAULT_FAIL)                                        \
            return -1;                                                                                       \
        return libc_##name(fd, command, argument);                                                           \
    }
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

/* --- what takes the place of an open file --- */

WRAP(int, pipe2, (int fds[2], int flags), (fds, flags), KILL | FILES, ABOUT_NOTHING, -1)
WRAP(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds),
     KILL | FILES, ABOUT_NOTHING, -1)
WRAP(int, eventfd, (unsigned int count, int flags), (count, flags), KILL | FILES, ABOUT_NOTHING, -1)
WRAP(int, signalfd, (int fd, const sigset_t *set, int flags), (fd, set, flags), KILL | FILES, ABOUT_NOTHING,
     -1)
WRAP(int, epoll_create1, (int flags), (flags), KILL | FILES, ABOUT_NOTHING, -1)
WRAP(int, inotify_init1, (int flags), (flags), KILL | FILES, ABOUT_NOTHING, -1)
WRAP(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), (fd, path, mask), KILL | DISK,
     ABOUT(path), -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), KILL,
     ABOUT_NOTHING, -1)

/* --- processes and threads --- */

EXPORT pid_t fork(void)
{
    FIND(fork);
    if (fault_enter(KILL | PROCESSES | MEMORY, "fork", ABOUT_NOTHING) == FAULT_FAIL)
        return -1;
    pid_t pid = libc_fork();
    fault_forked(pid);
    fault_leave();
    return pid;
}

/* With CLONE_VM and CLONE_VFORK, as furcate has it where clone3 is not known; the child does not return here.
 */
EXPORT int clone(int (*child)(void *), void *stack, int flags, void *argument, ...)
{
    FIND(clone);
    va_list rest;
    va_start(rest, argument);
    void *pidfd = va_arg(rest, void *);
    va_end(rest);
    if (fault_enter(KILL | PROCESSES | FILES, "clone", ABOUT_NOTHING) == FAULT_FAIL)
        return -1;
    int pid = libc_clone(child, stack, flags, argument, pidfd);
    fault_leave();
    return pid;
}

/* These return the error. */
EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *),
                          void *argument)
{
    FIND(pthread_create);
    if (fault_enter(KILL | PROCESSES, "pthread_create", ABOUT_NOTHING) == FAULT_FAIL)
        return EAGAIN;
    int failed = libc_pthread_create(thread, attributes, routine, argument);
    fault_leave();
    return failed;
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    FIND(posix_spawnp);
    if (fault_enter(KILL | PROCESSES, "posix_spawnp", ABOUT(file)) == FAULT_FAIL)
        return EAGAIN;
    int failed = libc_posix_spawnp(pid, file, actions, attributes, argv, envp);
    fault_leave();
    return failed;
}

/* SIGSYS, by which clone3 is seen, must not be blocked; a fault of clone3 takes effect at the next of these.
 */
static const sigset_t *without_sigsys(int how, const sigset_t *set, sigset_t *copy)
{
    if (!set || how == SIG_UNBLOCK)
        return set;
    *copy = *set;
    sigdelset(copy, SIGSYS);
    return copy;
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    FIND(pthread_sigmask);
    sigset_t copy;
    fault_leave();
    return libc_pthread_sigmask(how, without_sigsys(how, set, &copy), before);
}

/* --- memory; libc's own names for these, since dlsym() may need them itself --- */

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);

EXPORT void *malloc(size_t size)
{
    return fault_enter(MEMORY, "malloc", ABOUT_NOTHING) == FAULT_FAIL ? NULL : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return fault_enter(MEMORY, "calloc", ABOUT_NOTHING) == FAULT_FAIL ? NULL : __libc_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
    return fault_enter(MEMORY, "realloc", ABOUT_NOTHING) == FAULT_FAIL ? NULL : __libc_realloc(block, size);
}
