#include "process/group.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "process/cgroup.h"

static void free_group(struct group *group)
{
    file_close_fd(&group->folder);
    file_close_fd(&group->events);
    file_close_fd(&group->kill);
    free(group->path);
    free(group);
}

static void on_closed(uv_handle_t *handle)
{
    free_group(handle->data);
}

struct group *group_open(char *path, uv_loop_t *loop, void *tree, struct error *err)
{
    struct group *group = memory_new(1, sizeof *group);
    *group = (struct group){.tree = tree, .folder = -1, .events = -1, .kill = -1};
    group->path = path;
    if (cgroup_make(group->path, err)) {
        group->folder = open(group->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        group->events = cgroup_open_events(group->path);
        group->kill = cgroup_open_kill(group->path);
    }
    if (group->events >= 0 && uv_poll_init(loop, &group->emptied, group->events) == 0) {
        group->emptied.data = group;
        return group;
    }
    cgroup_remove(group->path);
    free_group(group);
    return NULL;
}

void group_drop(struct group *group)
{
    cgroup_remove(group->path);
    uv_close((uv_handle_t *)&group->emptied, on_closed);
}

void group_kill(struct group *group)
{
    group->spent = true;
    cgroup_kill(group->path, group->kill);
}
