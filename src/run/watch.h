/* Notices edits of the config file, however an editor saves it: in place, by renaming over it, by making it
 * anew. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"

enum { WATCH_FOLDERS = 2 };

struct watch {
    struct watched_folder {
        uv_fs_event_t handle;
        char *name;           /* of the file within it */
    } folders[WATCH_FOLDERS]; /* of the path, and of the file a symbolic link leads to */
    uv_timer_t settle;
    char *path;
    uint64_t content; /* hash of what was last seen */
    void (*edited)(void *context);
    void *context;
};

/* Calls edited() when the content has changed and 50 ms have passed without a further change. */
bool watch_open(struct watch *watch, uv_loop_t *loop, const char *path, void (*edited)(void *context),
                void *context, struct error *err);
void watch_close(struct watch *watch);
