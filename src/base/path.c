#include "base/path.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static bool is_executable(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

char *path_find_program(const char *name)
{
    if (strchr(name, '/'))
        return is_executable(name) ? memory_copy_text(name) : NULL;
    const char *rest = getenv("PATH");
    if (!rest)
        rest = "/usr/local/bin:/usr/bin:/bin";
    for (;; rest++) {
        size_t len = strcspn(rest, ":");
        CLEANUP(memory_free) char *folder = memory_copy_bytes(len ? rest : ".", len ? len : 1);
        char *path = file_join(folder, name);
        if (is_executable(path))
            return path;
        free(path);
        rest += len;
        if (*rest == '\0')
            return NULL;
    }
}
