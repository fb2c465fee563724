/*
 * The fork server (process/serving.h): the program is started once, and each attempt is a fork of it, so that
 * what it imports is there already. Where that does not work attempts are spawned as ever.
 *
 *   COLD ──a run is to be started──▶ WARMING ──it is warm──▶ READY
 *    ▲                                  │                      │ edited, not wanted,
 *    │                                  ▼                      │ it ended or forks no more
 *    └───── its tree is gone ─────── ENDING ◀──────────────────┘
 *                                       │
 *                                       ▼
 *                                    FAILED    until meta.start or the program is edited
 *
 * Nothing is started while it is WARMING, or ends to be warmed again. What executes goes on whatever becomes
 * of it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "config/config.h"
#include "process/process.h"
#include "run/edited.h"

struct runner;
struct run;
struct warm_process; /* private */

enum warm_state { WARM_COLD, WARM_WARMING, WARM_READY, WARM_ENDING, WARM_FAILED };

struct warm {
    enum warm_state state;
    enum warm_state next;         /* once it is gone: COLD or FAILED */
    struct warm_process *process; /* NULL: none */
    struct tree *tree;            /* NULL before the first; owned by the runner's trees */
    uv_timer_t patience;
    struct edited edited;    /* the program's files as it was started, its modules as it was warm */
    enum config_start start; /* meta.start when it failed */
    int crashes;             /* in a row, without a run between them */
    int64_t not_before;      /* clock_monotonic() of the next try */
    int64_t begun;           /* clock_monotonic() */
    double begun_wall;       /* clock_wall() */
    bool again;              /* it was warmed anew for a file that was edited meanwhile */
};

void warm_open(struct runner *runner);
/* Kills it; whether it is gone. Else runner->run_ready() is called when it is. */
bool warm_end(struct runner *runner);
/* It is gone. */
void warm_close(struct warm *warm);
void warm_free(struct warm *warm);

/* A run is to be started: sees to it that there is a server, if the config wants one, and that it is of the
 * program as it is now. */
void warm_up(struct runner *runner);
/* Whether nothing is to be started until runner->run_ready() is called. */
bool warm_holds(const struct warm *warm);
/* Starts the attempt of a run by a fork. False when it is to be spawned. */
bool warm_launch(struct runner *runner, const struct run *run, const struct launch *launch,
                 struct launched *launched);
