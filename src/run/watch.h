/* Notices edits of the config file, however an editor saves it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "run/look.h"
#include "run/trail.h"

/*
 * An edit is a change of the content. What leads to the file is watched by `trail`; where that is blind (a
 * file system over a network, or a kernel that gives no more watches) the file is looked at every three
 * seconds.
 */
struct watch {
    char *path; /* NULL: not open */
    struct trail trail;
    struct looker looker;
    uv_poll_t events; /* of the trail; not initialised where it has none */
    uv_timer_t settle, next_look;
    uint64_t content;    /* look_at() it, when it was last used */
    uint64_t away_since; /* uv_now(); 0: there is a content */
    bool missed;         /* and it was said that there is none */
    bool is_blind;       /* it was said why */
    struct log *log;
    void (*edited)(void *context);
    void *context;
};

/*
 * Calls edited() when the content has changed and 50 ms have passed without a further change. A file that is
 * away for two seconds is missed, in the log, once; its return is an edit like any other.
 *
 * content  look_at() the file before the config was read from it
 */
void watch_open(struct watch *watch, uv_loop_t *loop, struct log *log, const char *path, uint64_t content,
                void (*edited)(void *context), void *context);
/* One that was never opened is fine. */
void watch_close(struct watch *watch);
