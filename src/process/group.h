/* The control group of a slot, with the files of it that must be open when no more can be opened. */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "base/error.h"

struct group {
    void *tree; /* for the callback of `emptied` */
    char *path;
    int folder, events, kill; /* open files; kill may be -1 */
    bool spent;               /* it was killed: what would be cloned into it now would die */
    uv_poll_t emptied;        /* watches `events` while the tree ends */
};

/* Makes the group; takes `path` over. NULL with err set when that fails. */
struct group *group_open(char *path, uv_loop_t *loop, void *tree, struct error *err);
/* Removes the group, which is empty, and frees it once its handle is closed. */
void group_drop(struct group *group);
/* SIGKILL for all processes in it. */
void group_kill(struct group *group);
