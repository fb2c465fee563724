/*
 * The machine refuses to start runs: no room for a run directory, no process, no open file. Nothing is
 * started for a while, then it is tried again; what executes goes on.
 */
#pragma once
#include <stdbool.h>
#include <uv.h>

#include "run/trouble.h"

struct runner;
struct run;

struct refusal {
    uv_timer_t timer; /* active: nothing is started until it has run down */
    struct trouble trouble;
    int tries; /* in a row */
};

/* Calls runner->run_ready() when it is time for another try. */
void refusal_open(struct runner *runner);
void refusal_close(struct refusal *refusal);
/* The start of a run was refused: another try in 1, 2, 4 … 60 s. */
void refusal_note(struct runner *runner, const struct run *run, const struct error *err);
/* Whether nothing is to be started now. */
bool refusal_holds(const struct refusal *refusal);
/* Something was freed: the next try is made now. */
void refusal_hurry(struct refusal *refusal);
/* All that was to be started is. */
void refusal_over(struct runner *runner);
