/* Notices edits of the config file, however an editor saves it. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/log.h"
#include "base/text.h"
#include "run/readers.h"

struct watch_look;

/*
 * An edit is a change of the content. What leads to the file is watched by `trail`; where that is blind (a
 * file system over a network, or a kernel that gives no more watches) the file is looked at every three
 * seconds. Each look is on a thread: a file server that is away holds up nothing but the look.
 */
struct watch {
    char *path; /* NULL: not open */
    struct readers *readers;
    struct watch_look *look; /* a look at the file, and the trail; the thread's while is_looking */
    bool is_looking;
    uv_poll_t events; /* of the trail; not initialised where it has none */
    uv_timer_t settle, next_look;
    uint64_t content;       /* look_at() it, when it was last used */
    uint64_t away_since;    /* uv_now(); 0: there is a content */
    uint64_t changed;       /* the last change, by uv_now() */
    uint64_t changed_since; /* the first one since the file was last looked at whole; 0: none */
    uint64_t looked;        /* when the last look ended, by uv_now() */
    bool missed;            /* and it was said that there is none */
    bool is_blind;          /* it was said why */
    bool told_of_writer;    /* that it is waited for */
    struct log *log;
    void (*edited)(void *context, struct text *content);
    void *context;
};

/*
 * Calls edited() with the new content, which it may take over, once that has not changed for 50 ms, or at the
 * latest 2 s after its first change. A program that has the file open and goes on changing it is waited for,
 * unless the file is a whole JSON object: half a YAML file is a valid one. A file that is away for two
 * seconds is missed, in the log, once; its return is an edit like any other.
 *
 * The first look is taken by the caller, so that an edit of before is noticed however soon all ends.
 *
 * readers  whose threads look at it
 * content  look_at() the file before the config was read from it
 */
void watch_open(struct watch *watch, uv_loop_t *loop, struct readers *readers, struct log *log,
                const char *path, uint64_t content, void (*edited)(void *context, struct text *content),
                void *context);
/* Does not wait for a look. One that was never opened is fine. */
void watch_close(struct watch *watch);
/* Frees what the looks have used, after readers_close() has said whether all threads are over; it is left to
 * one that still looks. */
void watch_free(struct watch *watch, bool are_over);
