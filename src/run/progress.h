/* What the person at the terminal sees: log lines that scroll, and on a terminal one live line below them.
 * Where nobody reads, nothing waits: furcate.log has it all. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct runner;

struct progress {
    struct runner *runner;
    bool live; /* stderr is a terminal, and not a dumb one */
    bool hidden;
    bool coloured; /* live, and NO_COLOR is not set */
    int64_t last_draw;
    size_t skipped;  /* lines that stderr did not take */
    uv_timer_t tick; /* once a second while live: the times on the line go on */
};

/* Echoes the runner's log from now on. */
void progress_open(struct progress *progress, struct runner *runner);
/* Something changed: draws the live line again, at most ten times a second. */
void progress_update(struct progress *progress);
/* Draws it at once, for what may last. */
void progress_redraw(struct progress *progress);
/* While the attempts are stopped the terminal is the shell's. */
void progress_hide(struct progress *progress);
void progress_show(struct progress *progress);
void progress_close(struct progress *progress);

/* Estimated seconds until nothing is left: mean time of the finished runs, what is left of the executing ones
 * and all that have not started, over the slots. 0 while nothing has finished. */
double progress_seconds_left(const struct runner *runner);
