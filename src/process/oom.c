#include "process/oom.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "process/cgroup.h"

static const int64_t second = 1000 * 1000 * 1000;

static const char *find_line(const char *content, const char *start)
{
    for (const char *line = content; line && *line; line = strchr(line, '\n'), line += line != NULL)
        if (strncmp(line, start, strlen(start)) == 0)
            return line;
    return NULL;
}

/* The number behind "oom_kill " at the beginning of a line; -1 when there is none. */
static int64_t read_count(int fd)
{
    enum { most = 32768 }; /* of /proc/vmstat, which has some 200 lines */
    static const char name[] = "oom_kill ";
    char content[most + 1];
    size_t len = 0;
    for (ssize_t got;
         fd >= 0 && len < most && (got = pread(fd, content + len, most - len, (off_t)len)) > 0;) {
        len += (size_t)got;
        content[len] = '\0';
        const char *line = find_line(content, name);
        if (line && strchr(line, '\n'))
            return strtoll(line + sizeof name - 1, NULL, 10);
    }
    return -1;
}

static int64_t read_slot(const char *slot)
{
    CLEANUP(memory_free) char *events = file_join(slot, "memory.events");
    CLEANUP(file_close_fd) int fd = open(events, O_RDONLY | O_CLOEXEC);
    return fd >= 0 ? read_count(fd) : -1;
}

/* --- the shared counter --- */

/* The machine's takes 12 us and more, a twentieth of a start: once a second will do where it need not be
 * exact. */
static void see(struct oom *oom, bool exactly)
{
    int64_t now = clock_monotonic();
    if (!oom->is_of_group && !exactly && now - oom->seen_at < second)
        return;
    oom->seen = read_count(oom->fd);
    oom->seen_at = now;
}

void oom_open_files(struct oom *oom, const char *machine, const char *group)
{
    *oom = (struct oom){.fd = group ? open(group, O_RDONLY | O_CLOEXEC) : -1};
    oom->is_of_group = oom->fd >= 0;
    if (!oom->is_of_group)
        oom->fd = open(machine, O_RDONLY | O_CLOEXEC);
    see(oom, true);
}

/* The file with the counter of this process' group; NULL where there is none. free() it. */
static char *find_group(void)
{
    CLEANUP(memory_free) char *version_2 = cgroup_of_this_process();
    char *events = version_2 ? file_join(version_2, "memory.events") : NULL;
    if (events && access(events, R_OK) == 0)
        return events;
    free(events);
    CLEANUP(memory_free) char *version_1 = cgroup_of_version_1("memory");
    return version_1 ? file_join(version_1, "memory.oom_control") : NULL;
}

void oom_open(struct oom *oom)
{
    CLEANUP(memory_free) char *group = find_group();
    oom_open_files(oom, "/proc/vmstat", group);
}

void oom_close(struct oom *oom)
{
    file_close_fd(&oom->fd);
}

enum oom_verdict oom_look(struct oom *oom, const struct oom_mark *mark)
{
    if (mark->slot >= 0)
        return OOM_NO; /* it would have been in that group */
    see(oom, true);
    int64_t before = mark->shared > oom->told ? mark->shared : oom->told;
    bool risen = oom->seen > before;
    if (risen)
        oom->told = before + 1;
    return !risen ? OOM_NO : oom->is_of_group ? OOM_YES : OOM_PERHAPS;
}

/* --- of an attempt --- */

void oom_note(struct oom *oom, const char *slot, struct oom_mark *mark)
{
    *mark = (struct oom_mark){.slot = slot ? read_slot(slot) : -1};
    if (mark->slot >= 0)
        return;
    see(oom, false);
    mark->shared = oom->seen;
}

bool oom_look_at_slot(const char *slot, const struct oom_mark *mark)
{
    return slot && mark->slot >= 0 && read_slot(slot) > mark->slot;
}
