#include "store/set_aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

/* SQLite calls a file malformed also when the disk does not let it read (SQLITE_IOERR_CORRUPTFS). What is no
 * regular file is not read, and neither are the holes of one. */
static bool can_be_read(const char *path, struct error *err)
{
    char block[65536];
    struct stat info;
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return true;
    CLEANUP(file_close_fd) int fd = folder_open_file(AT_FDCWD, path, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : 1;
    for (off_t at = 0; got > 0 && (at = lseek(fd, at, SEEK_DATA)) >= 0; at += got)
        got = pread(fd, block, sizeof block, at);
    return got >= 0 || error_system(err, errno, "cannot read %s", path);
}

static char *find_free_name(const char *path)
{
    struct stat info;
    char *name = text_format("%s.broken", path);
    for (int i = 2; lstat(name, &info) == 0; i++) {
        free(name);
        name = text_format("%s.broken%d", path, i);
    }
    return name;
}

static bool rename_all(const char *path, const char *name, struct error *err)
{
    /* A journal must not be applied to the file later: it may name others, which SQLite deletes. */
    static const char *const endings[][2] = {{"-wal", "-wal"}, {"-shm", "-shm"}, {"-journal", ".journal"}};
    if (rename(path, name) < 0 && errno != ENOENT)
        return error_system(err, errno, "cannot rename %s to %s", path, name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        CLEANUP(memory_free) char *from = text_format("%s%s", path, endings[i][0]);
        CLEANUP(memory_free) char *to = text_format("%s%s", name, endings[i][1]);
        if (rename(from, to) < 0)
            unlink(to); /* nothing to set aside: let no older one seem to belong to it */
    }
    return true;
}

char *store_set_aside(const char *path, struct error *err)
{
    if (!can_be_read(path, err))
        return NULL;
    char *name = find_free_name(path);
    if (rename_all(path, name, err))
        return name;
    free(name);
    return NULL;
}
