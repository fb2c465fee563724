#include "run/oom.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/cgroup.h"

/* The number behind "oom_kill " at the beginning of a line; 0 when there is none. */
static int64_t read_count(int fd)
{
    enum { most = 32768 }; /* of /proc/vmstat, which has some 200 lines */
    static const char name[] = "oom_kill ";
    CLEANUP(memory_free) char *content = memory_new(most + 1, 1);
    size_t len = 0;
    for (ssize_t got; fd >= 0 && len < most && (got = pread(fd, content + len, most - len, (off_t)len)) > 0;)
        len += (size_t)got;
    for (const char *line = content; line && *line; line = strchr(line, '\n'), line += line != NULL)
        if (strncmp(line, name, sizeof name - 1) == 0)
            return strtoll(line + sizeof name - 1, NULL, 10);
    return 0;
}

void oom_open_files(struct oom *oom, const char *machine, const char *group)
{
    oom->machine = open(machine, O_RDONLY | O_CLOEXEC);
    oom->group = group ? open(group, O_RDONLY | O_CLOEXEC) : -1;
    oom->machine_seen = read_count(oom->machine);
    oom->group_seen = read_count(oom->group);
}

void oom_open(struct oom *oom)
{
    CLEANUP(memory_free) char *version_2 = cgroup_of_this_process();
    CLEANUP(memory_free) char *version_1 = cgroup_of_version_1("memory");
    CLEANUP(memory_free) char *events = version_2 ? file_join(version_2, "memory.events") : NULL;
    CLEANUP(memory_free) char *control = version_1 ? file_join(version_1, "memory.oom_control") : NULL;
    oom_open_files(oom, "/proc/vmstat", events && access(events, R_OK) == 0 ? events : control);
}

void oom_close(struct oom *oom)
{
    file_close_fd(&oom->machine);
    file_close_fd(&oom->group);
}

static int has_risen(int fd, int64_t *seen)
{
    int64_t before = *seen;
    *seen = read_count(fd);
    return *seen > before;
}

enum oom_verdict oom_look(struct oom *oom)
{
    int in_group = has_risen(oom->group, &oom->group_seen),
        on_machine = has_risen(oom->machine, &oom->machine_seen);
    return in_group ? OOM_YES : on_machine ? OOM_PERHAPS : OOM_NO;
}
