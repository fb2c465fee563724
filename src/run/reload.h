/*
 * Follows edits of the config while runs execute.
 *
 *   IDLE ──edited──▶ PLANNING ──made──▶ PLANNED ──nothing is being written──▶ MATCHING ──▶ IDLE
 *     ▲                  │ ▲                │
 *     └──── has errors ──┘ └─edited again───┘
 *
 * PLANNING and MATCHING are on a thread (planning.h). Meanwhile the plan that holds is carried out; what the
 * thread has made is taken over in one step, or, where the file was edited again, dropped.
 */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "base/text.h"

struct planning;
struct readers;
struct runner;

enum reload_state { RELOAD_IDLE, RELOAD_PLANNING, RELOAD_PLANNED, RELOAD_MATCHING };

struct reload {
    enum reload_state state;
    struct readers *readers;   /* the threads */
    struct planning *planning; /* NULL: IDLE */
    struct planning *followed; /* the last one that was taken over, while what is taken follows it */
    bool is_wanted;            /* the config was edited, and that is not being looked at yet */
    struct text content;       /* of the file then */
    uv_idle_t follow;          /* active while what is taken follows an edit */
};

void reload_open(struct runner *runner);
/* The config was edited: makes its plan the current one, as soon as that can be. Added permutations join,
 * removed ones that have not started go, executing ones finish. A broken file is reported and the old plan
 * goes on.
 *
 * content  of the file; taken over
 */
void reload_want(struct runner *runner, struct text *content);
/* Takes the next step, if any; called when a commit has ended. */
void reload_go_on(struct runner *runner);
/* Returns whether an edit was noticed that is not followed yet. */
bool reload_is_under_way(const struct reload *reload);
/* Does not wait for the threads; returns whether they are over. */
bool reload_close(struct reload *reload);
