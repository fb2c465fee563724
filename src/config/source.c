#include "config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

/* Holds any config made by hand or by a script, and stops /dev/zero. */
static const size_t largest = (size_t)64 << 20;

static bool read_all(int fd, struct text *content, struct error *err)
{
    if (file_read_fd(fd, largest, content))
        return true;
    if (errno != EFBIG)
        return error_system(err, errno, "cannot be read");
    return error_set(err, ERROR_CONFIG,
                     "is larger than 64 MiB, so it is no config; give the config file itself");
}

bool config_read_source(const char *path, struct text *content, struct error *err)
{
    if (strcmp(path, "-") == 0)
        return read_all(STDIN_FILENO, content, err);
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_SYSTEM, "cannot be read: %s; check its path", strerror(errno));
    return read_all(fd, content, err);
}
