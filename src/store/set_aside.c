#include "store/set_aside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* SQLite calls a file malformed also when the disk does not let it read (SQLITE_IOERR_CORRUPTFS). */
static bool can_be_read(const char *path, struct error *err)
{
    char block[1 << 14];
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0)
        got = read(fd, block, sizeof block);
    return got == 0 || error_system(err, errno, "cannot read %s", path);
}

static char *find_free_name(const char *path)
{
    char *name = text_format("%s.broken", path);
    for (int i = 2; access(name, F_OK) == 0; i++) {
        free(name);
        name = text_format("%s.broken%d", path, i);
    }
    return name;
}

static bool rename_all(const char *path, const char *name, struct error *err)
{
    static const char *const endings[] = {"-wal", "-shm"};
    if (rename(path, name) < 0)
        return error_system(err, errno, "cannot rename %s to %s", path, name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        CLEANUP(memory_free) char *from = text_format("%s%s", path, endings[i]);
        CLEANUP(memory_free) char *to = text_format("%s%s", name, endings[i]);
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
