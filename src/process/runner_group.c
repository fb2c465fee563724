#include "process/runner_group.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/token.h"
#include "process/cgroup.h"

static char *name_of(pid_t guardian, const char *token)
{
    return text_format("furcate-%ld-%016llx", (long)guardian, (unsigned long long)token_hash(token));
}

char *runner_group_path(pid_t guardian, const char *token)
{
    CLEANUP(memory_free) char *own = cgroup_of_this_process();
    CLEANUP(memory_free) char *name = name_of(guardian, token);
    return own ? file_join(own, name) : NULL;
}

/* Opens an absolute path that leads through no link and nowhere up; -1 when it does. `path` is changed. */
static int open_straight(char *path)
{
    int folder = *path == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    for (char *rest = path + 1, *name; folder >= 0 && (name = strsep(&rest, "/"));) {
        bool leads_on = *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
        int below = leads_on ? openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        close(folder);
        folder = below;
    }
    return folder;
}

/* A group is a folder of the kernel's own file system, which nobody can imitate, and holds no links. */
static bool is_own_group(const char *path)
{
    struct statfs system;
    struct stat info;
    CLEANUP(memory_free) char *copy = memory_copy_text(path);
    CLEANUP(file_close_fd) int folder = open_straight(copy);
    return folder >= 0 && fstatfs(folder, &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC &&
           fstat(folder, &info) == 0 && info.st_uid == geteuid();
}

bool runner_group_is_of(const char *path, pid_t guardian, const char *token)
{
    const char *last = strrchr(path, '/');
    if (!last || !token_is_well_formed(token))
        return false;
    CLEANUP(memory_free) char *name = name_of(guardian, token);
    return strcmp(last + 1, name) == 0 && is_own_group(path);
}
