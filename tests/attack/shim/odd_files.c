/* LD_PRELOAD: file systems that lack something, or do it in their own way. FURCATE_FILES names what; see
 * test_file_systems.py. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define FIND(name)                                                                                           \
    static __typeof__(name) *libc_##name;                                                                    \
    if (!libc_##name)                                                                                        \
    libc_##name = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static bool is(const char *kind)
{
    const char *set = getenv("FURCATE_FILES");
    return set && strcmp(set, kind) == 0;
}

static int refuse(int number)
{
    errno = number;
    return -1;
}

/* --- what a folder lists --- */

static struct dirent *change_entry(struct dirent *entry)
{
    if (entry && is("no types"))
        entry->d_type = DT_UNKNOWN;
    if (entry && is("no inodes"))
        entry->d_ino = 0;
    return entry;
}

/* Each entry a second time, as seekdir(3) and rewinddir(3) of some file systems lead to. */
EXPORT struct dirent *readdir(DIR *folder)
{
    FIND(readdir);
    static _Thread_local long before = -1;
    static _Thread_local DIR *last;
    long here = telldir(folder);
    if (is("entries twice") && last == folder && before >= 0) {
        seekdir(folder, before);
        before = -1;
        return libc_readdir(folder);
    }
    last = folder;
    before = here;
    return change_entry(libc_readdir(folder));
}

/* --- what stat(2) tells --- */

static int change(int result, struct stat *info)
{
    if (result == 0 && is("no inodes"))
        info->st_ino = 0;
    if (result == 0 && is("whole seconds"))
        info->st_mtim.tv_nsec = info->st_ctim.tv_nsec = info->st_atim.tv_nsec = 0;
    if (result == 0 && is("even seconds")) {
        info->st_mtim.tv_sec &= ~1L;
        info->st_mtim.tv_nsec = 0;
    }
    if (result == 0 && is("no times"))
        info->st_mtim = info->st_ctim = info->st_atim = (struct timespec){0, 0};
    if (result == 0 && is("no links"))
        info->st_nlink = 0;
    return result;
}

#define WRAP_STAT(name, parameters, arguments)                                                               \
    EXPORT int name parameters                                                                               \
    {                                                                                                        \
        FIND(name);                                                                                          \
        return change(libc_##name arguments, info);                                                          \
    }
WRAP_STAT(stat, (const char *path, struct stat *info), (path, info))
WRAP_STAT(lstat, (const char *path, struct stat *info), (path, info))
WRAP_STAT(fstat, (int fd, struct stat *info), (fd, info))
WRAP_STAT(fstatat, (int folder, const char *path, struct stat *info, int flags), (folder, path, info, flags))

/* --- what is refused --- */

EXPORT int rename(const char *from, const char *to)
{
    FIND(rename);
    if (is("no replacing") && syscall(SYS_faccessat, AT_FDCWD, to, F_OK) == 0)
        return refuse(EEXIST);
    return is("no renames") ? refuse(EXDEV) : libc_rename(from, to);
}

EXPORT int fsync(int fd)
{
    return is("no syncs") ? refuse(EINVAL) : (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
    return is("no syncs") ? refuse(EINVAL) : (int)syscall(SYS_fdatasync, fd);
}

EXPORT int fchmod(int fd, mode_t mode)
{
    return is("no modes") ? refuse(EPERM) : (int)syscall(SYS_fchmod, fd, mode);
}

EXPORT int chmod(const char *path, mode_t mode)
{
    return is("no modes") ? refuse(EPERM) : (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

EXPORT int inotify_init1(int flags)
{
    return is("no inotify") ? refuse(EMFILE) : (int)syscall(SYS_inotify_init1, flags);
}

EXPORT int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    return is("no watches") ? refuse(ENOSPC) : (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

EXPORT void *mmap(void *at, size_t len, int access, int flags, int fd, off_t offset)
{
    FIND(mmap);
    if (is("no shared maps") && fd >= 0 && (flags & MAP_SHARED)) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    return libc_mmap(at, len, access, flags, fd, offset);
}

static bool is_lock(int command)
{
    return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW;
}

#define WRAP_FCNTL(name)                                                                                     \
    EXPORT int name(int fd, int command, ...)                                                                \
    {                                                                                                        \
        FIND(name);                                                                                          \
        va_list rest;                                                                                        \
        va_start(rest, command);                                                                             \
        void *argument = va_arg(rest, void *);                                                               \
        va_end(rest);                                                                                        \
        return is("no locks") && is_lock(command) ? refuse(ENOLCK) : libc_##name(fd, command, argument);     \
    }
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)
