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
    char block[1 << 14];
    struct stat info;
    if (lstat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return true;
    CLEANUP(file_close_fd) int fd = folder_open_file(AT_FDCWD, path, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : 1;
    for (off_t at = 0; got > 0 && (at = lseek(fd, at, SEEK_DATA)) >= 0; at += got)
        got = pread(fd, block, sizeof block, at);
    return got >= 0 || error_system(err, errno, "cannot read %s", path);
}

/* Sets aside the other files of SQLite next to it. A journal must not be applied to the file later: it may
 * name others, which SQLite would delete. */
static void rename_rest(const char *path, const char *name)
{
    static const char *const endings[][2] = {{"-wal", "-wal"}, {"-shm", "-shm"}, {"-journal", ".journal"}};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        CLEANUP(memory_free) char *from = text_format("%s%s", path, endings[i][0]);
        CLEANUP(memory_free) char *to = text_format("%s%s", name, endings[i][1]);
        if (rename(from, to) < 0)
            unlink(to); /* nothing to set aside: let no older one seem to belong to it */
    }
}

char *store_set_aside(const char *path, struct error *err)
{
    if (!can_be_read(path, err))
        return NULL;
    char *name = folder_set_aside(AT_FDCWD, path);
    if (!name && errno == ENOENT)
        name = text_format("%s.broken", path); /* only the rest of it is there */
    if (name)
        rename_rest(path, name);
    else
        error_system(err, errno, "cannot rename %s", path);
    return name;
}
