/*
 * Notices that the event loop computes for too long at a stretch: whoever waits for it (a slot, a signal, a
 * deadline) waits as long. For tests: it watches where FURCATE_WATCHDOG names a file, and writes there where
 * the thread was after 50 ms of CPU time in one turn of the loop. CPU time is what counts, so that neither a
 * loaded machine nor a stopped process raises an alarm; waiting for a disk or a server does not either.
 */
#pragma once
#include <stdbool.h>
#include <time.h>
#include <uv.h>

struct watchdog {
    bool is_open;
    timer_t timer; /* of the thread's CPU time; set anew in each turn */
    uv_prepare_t turn;
};

/* Watches the loop of this thread; `path` NULL: it does not. One in a process. */
void watchdog_open(struct watchdog *watchdog, uv_loop_t *loop, const char *path);
void watchdog_close(struct watchdog *watchdog);
