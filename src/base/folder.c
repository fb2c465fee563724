#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"

enum { file_mode = 0644, folder_mode = 0755 };

bool folder_make(const char *path)
{
    return mkdir(path, folder_mode) == 0 || errno == EEXIST;
}

int folder_open(const char *path)
{
    struct stat info;
    enum { flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    int fd = open(path, O_RDONLY | flags);
    if (fd < 0 && errno == EACCES) /* files in it may be reached all the same */
        fd = open(path, O_PATH | flags);
    if (fd < 0 && errno == ENOTDIR)
        errno = lstat(path, &info) == 0 && S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR;
    return fd;
}

static bool is_regular(const struct stat *info)
{
    if (S_ISREG(info->st_mode))
        return true;
    errno = S_ISLNK(info->st_mode) ? ELOOP : S_ISDIR(info->st_mode) ? EISDIR : EMEDIUMTYPE;
    return false;
}

static int open_one(int folder, const char *name, int flags)
{
    return openat(folder, name, flags | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, file_mode);
}

/* Copies the content of a file, but not its holes. */
static bool copy_content(int from, int to, off_t size)
{
    char block[1 << 14];
    off_t at = 0;
    while ((at = lseek(from, at, SEEK_DATA)) >= 0) {
        ssize_t got = pread(from, block, sizeof block, at);
        if (got < 0 || lseek(to, at, SEEK_SET) < 0 || !file_write_all(to, block, (size_t)got))
            return false;
        if (got == 0)
            break;
        at += got;
    }
    return (at >= 0 || errno == ENXIO) && ftruncate(to, size) == 0;
}

/* Puts a copy in the place of a file that has a second name. */
static bool detach(int folder, const char *name, const struct stat *info)
{
    const long long most_blocks = (8LL << 30) / 512;
    CLEANUP(memory_free) char *beside = text_format("%s.new", name);
    if (info->st_blocks > most_blocks) {
        errno = EMLINK;
        return false;
    }
    CLEANUP(file_close_fd) int copy = folder_make_file(folder, beside);
    CLEANUP(file_close_fd) int original = open_one(folder, name, O_RDONLY);
    if (copy >= 0 && original >= 0 && copy_content(original, copy, info->st_size) &&
        fchmod(copy, info->st_mode & 0777) == 0 && renameat(folder, beside, folder, name) == 0)
        return true;
    int number = errno;
    if (copy >= 0)
        unlinkat(folder, beside, 0);
    errno = number;
    return false;
}

/* Checks the opened file, which may have been put there since its name was looked at. */
static bool check(int folder, const char *name, int *fd, int flags)
{
    struct stat info;
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    if (fstat(*fd, &info) < 0 || !is_regular(&info))
        return false;
    if (writes && info.st_nlink > 1) {
        if (!detach(folder, name, &info))
            return false;
        close(*fd);
        *fd = open_one(folder, name, flags);
        return *fd >= 0;
    }
    /* A program that is given the file expects one that waits. */
    return fcntl(*fd, F_SETFL, flags & O_APPEND) == 0;
}

int folder_open_file(int folder, const char *name, int flags)
{
    struct stat info;
    if (flags & O_EXCL)
        return open_one(folder, name, flags);
    /* A device must not even be opened: that alone rewinds a tape, or arms a watchdog. */
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && !is_regular(&info))
        return -1;
    int fd = open_one(folder, name, flags | O_NONBLOCK);
    if (fd < 0 || check(folder, name, &fd, flags))
        return fd;
    int number = errno;
    file_close_fd(&fd);
    errno = number;
    return -1;
}

int folder_open_of(const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    CLEANUP(memory_free)
    char *folder =
        slash ? memory_copy_bytes(path, (size_t)(slash - path) + (slash == path)) : memory_copy_text(".");
    return folder_open(folder);
}

int folder_open_path(const char *path, int flags)
{
    const char *name;
    CLEANUP(file_close_fd) int folder = folder_open_of(path, &name);
    return folder < 0 ? -1 : folder_open_file(folder, name, flags);
}

int folder_make_file(int folder, const char *name)
{
    enum { flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL };
    int fd = open_one(folder, name, flags);
    if (fd < 0 && errno == EEXIST && unlinkat(folder, name, 0) == 0)
        fd = open_one(folder, name, flags);
    return fd;
}

/* Closes it; a network file system, or a quota, may tell only now that there is no room. */
static bool finish(int *fd)
{
    int closing = *fd;
    *fd = -1;
    return close(closing) == 0;
}

static bool replace(int folder, const char *name, const char *bytes, size_t len, bool syncs)
{
    CLEANUP(memory_free) char *beside = text_format("%s.new", name);
    CLEANUP(file_close_fd) int fd = folder_make_file(folder, beside);
    if (fd < 0)
        return false;
    if (file_write_all(fd, bytes, len) && (!syncs || fsync(fd) == 0) && finish(&fd) &&
        renameat(folder, beside, folder, name) == 0)
        return true;
    int number = errno;
    unlinkat(folder, beside, 0);
    errno = number;
    return false;
}

char *folder_find_obstacle(int folder, const char *name)
{
    struct stat info;
    int number = errno;
    char *beside = text_format("%s.new", name);
    bool is_beside =
        number == EISDIR && fstatat(folder, beside, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
    if (!is_beside) {
        free(beside);
        beside = memory_copy_text(name);
    }
    errno = number;
    return beside;
}

bool folder_write(int folder, const char *name, const char *bytes, size_t len)
{
    CLEANUP(file_close_fd) int fd = open_one(folder, name, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0)
        return errno == EEXIST && replace(folder, name, bytes, len, false);
    return file_write_all(fd, bytes, len) && finish(&fd);
}

bool folder_write_synced(int folder, const char *name, const char *bytes, size_t len)
{
    if (!replace(folder, name, bytes, len, true))
        return false;
    fsync(folder); /* some file systems cannot; the data itself is synced already */
    return true;
}

/* Tells why the file could not be written, by errno. */
static bool cannot_write(struct error *err, int folder, const char *path, const char *name)
{
    int number = errno;
    CLEANUP(memory_free)
    char *obstacle = folder < 0 ? memory_copy_text(name) : folder_find_obstacle(folder, name);
    return folder_error(err, number, "cannot write %.*s%s", (int)(name - path), path, obstacle);
}

bool folder_write_path(const char *path, const char *bytes, size_t len, struct error *err)
{
    const char *name;
    CLEANUP(file_close_fd) int folder = folder_open_of(path, &name);
    return (folder >= 0 && folder_write(folder, name, bytes, len)) || cannot_write(err, folder, path, name);
}

bool folder_write_path_synced(const char *path, const char *bytes, size_t len, struct error *err)
{
    const char *name;
    CLEANUP(file_close_fd) int folder = folder_open_of(path, &name);
    return (folder >= 0 && folder_write_synced(folder, name, bytes, len)) ||
           cannot_write(err, folder, path, name);
}

char *folder_set_aside(int folder, const char *name)
{
    struct stat info;
    char *aside = text_format("%s.broken", name);
    for (int i = 2; fstatat(folder, aside, &info, AT_SYMLINK_NOFOLLOW) == 0; i++) {
        free(aside);
        aside = text_format("%s.broken%d", name, i);
    }
    if (renameat(folder, name, folder, aside) == 0)
        return aside;
    free(aside);
    return NULL;
}

bool folder_read(int folder, const char *name, size_t most, struct text *content)
{
    struct stat info;
    CLEANUP(file_close_fd) int fd = folder_open_file(folder, name, O_RDONLY);
    if (fd < 0 || fstat(fd, &info) < 0)
        return false;
    if (info.st_size <= (off_t)most)
        return file_read_fd(fd, most, content);
    errno = EFBIG;
    return false;
}

static const char *find_remedy(int number)
{
    switch (number) {
    case ELOOP:
        return ": it is a symbolic link, and furcate follows none within a log dir; put there what it leads "
               "to";
    case EMEDIUMTYPE:
    case EISDIR:
        return ": it is not a regular file; move it away";
    case EPERM:
        return ": it may not be changed; lsattr shows whether it is immutable";
    case EMLINK:
        return ": it has a second name (a hard link) and is too large to be copied; move it away";
    }
    return NULL;
}

bool folder_error(struct error *err, int number, const char *format, ...)
{
    va_list args;
    char text[sizeof err->text];
    const char *remedy = find_remedy(number);
    va_start(args, format);
    number_vprint(text, sizeof text, format, args);
    va_end(args);
    if (!remedy)
        return error_system(err, number, "%s", text);
    error_set(err, ERROR_SYSTEM, "%s%s", text, remedy);
    err->number = number;
    return false;
}
