#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

void file_close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

bool file_read_fd(int fd, size_t most, struct text *content)
{
    char block[1 << 14];
    while (content->len <= most) {
        ssize_t got = read(fd, block, sizeof block);
        if (got == 0)
            return true;
        if (got > 0)
            text_add_bytes(content, block, (size_t)got);
        else if (errno != EINTR)
            return false;
    }
    errno = EFBIG;
    return false;
}

bool file_read(const char *path, struct text *content, struct error *err)
{
    enum { most = 1 << 30 };
    struct stat info;
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0)
        return error_system(err, errno, "cannot read %s", path);
    if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return error_set(err, ERROR_SYSTEM, "cannot read %s: it is not a regular file", path);
    return file_read_fd(fd, most, content) || error_system(err, errno, "cannot read %s", path);
}

bool file_write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno != EINTR)
            return false;
        if (put > 0) {
            bytes += put;
            len -= (size_t)put;
        }
    }
    return true;
}

void file_sync_folder_of(const char *path)
{
    CLEANUP(memory_free) char *folder = memory_copy_text(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    CLEANUP(file_close_fd) int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        fsync(fd); /* some file systems cannot; the data itself is synced already */
}

bool file_make_dirs(const char *path, struct error *err)
{
    CLEANUP(memory_free) char *partial = memory_copy_text(path);
    for (char *slash = strchr(partial + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(partial, 0755) < 0 && errno != EEXIST)
            return error_system(err, errno, "cannot make the folder %s", partial);
        *slash = '/';
    }
    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        return error_system(err, errno, "cannot make the folder %s", path);
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
        return error_system(err, ENOTDIR, "cannot make the folder %s", path);
    return true;
}

bool file_is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool file_cwd_is_deleted(void)
{
    struct stat info;
    return stat(".", &info) < 0 ? errno == ENOENT : info.st_nlink == 0;
}

char *file_join(const char *folder, const char *name)
{
    size_t len = strlen(folder);
    return text_format("%s%s%s", folder, len && folder[len - 1] == '/' ? "" : "/", name);
}

bool file_is_name(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

void file_add_normal_path(struct text *out, const char *path, size_t len)
{
    size_t start = out->len;
    for (size_t at = 0, end; at < len; at = end + 1) {
        for (end = at; end < len && path[end] != '/'; end++)
            ;
        if (end == at && at == 0)
            text_add_char(out, '/');
        if (end == at || (end == at + 1 && path[at] == '.'))
            continue;
        if (out->len > start && out->data[out->len - 1] != '/')
            text_add_char(out, '/');
        text_add_bytes(out, path + at, end - at);
    }
    if (len > 0 && out->len == start)
        text_add_char(out, '.');
}

bool file_is_same_path(const char *a, const char *b)
{
    CLEANUP(text_free) struct text one = {0}, other = {0};
    file_add_normal_path(&one, a, strlen(a));
    file_add_normal_path(&other, b, strlen(b));
    return strcmp(text_get(&one), text_get(&other)) == 0;
}

bool file_is_remote(const char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    return strspn(path, letters) > 0 && strncmp(path + strspn(path, others), "://", 3) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *file_base_name(const char *path)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    return memory_copy_bytes(path + start, end - start);
}

char *file_absolute(const char *path)
{
    if (path[0] == '/')
        return memory_copy_text(path);
    CLEANUP(memory_free) char *here = getcwd(NULL, 0);
    return file_join(here ? here : ".", path);
}
