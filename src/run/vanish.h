/* Notices at once when the log dir or its lock is deleted or moved, not only when something is to be written.
 */
#pragma once
#include <uv.h>

struct runner;

struct vanish {
    int fd; /* inotify(7); -1: none is left, so it is noticed later */
    uv_poll_t events;
    uv_timer_t settle; /* a deletion under way is let go on for a moment */
};

void vanish_open(struct runner *runner);
/* The log dir was made anew: watches that one. Before vanish_open() nothing happens. */
void vanish_follow(struct runner *runner);
void vanish_close(struct vanish *vanish);
