/*
 * The machine refuses to start runs: no room for a run directory, no process, no open file, or the program is
 * away, as while it is built or installed again. Nothing is started for a while, then it is tried again; what
 * executes goes on.
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
    int pauses;         /* that ran down in a row */
    int64_t away_since; /* clock_monotonic() when the program was found to be away; 0: it is not */
};

/* Calls runner->run_ready() when it is time for another try. */
void refusal_open(struct runner *runner);
void refusal_close(struct refusal *refusal);
/* Returns whether a start that was refused is to be tried again: always where that may pass, and for ten
 * minutes where a program that could be executed before cannot be now. */
bool refusal_is_passing(struct runner *runner, const struct error *err);
/* The start of a run was refused: another try in 1, 2, 4 … 60 s, or in 0.1, 0.2, 0.4 … 10 s where the program
 * is away. run: NULL where it is not known which one it is */
void refusal_note(struct runner *runner, const struct run *run, const struct error *err);
/* Returns whether nothing is to be started now. */
bool refusal_holds(const struct refusal *refusal);
/* Something was freed: the next try is made now. */
void refusal_hurry(struct refusal *refusal);
/* All that was to be started is. */
void refusal_over(struct runner *runner);
