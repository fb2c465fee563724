/*
 * Places on which runs fail, one after the other and with one message, while they do not elsewhere: GPUs that
 * are broken. Such a place is set aside: nothing is started on it for 5, 10, 20 … 60 minutes, and then one
 * run; and what failed on it is tried elsewhere, as if it had not been tried at all.
 *
 *   in use ──three configs fail with one message──▶ suspect
 *   suspect ──it is fine elsewhere──▶ aside
 *   aside ──time──▶ on trial ──it fails──▶ aside
 *   suspect, aside, on trial ──a run succeeds──▶ in use
 *
 * It is fine elsewhere when the last run to end on another place has succeeded, or one executes there for
 * well longer than the failures took. Nothing is started on a suspect while something executes elsewhere that
 * may show that. A place that is all that is left is used in any state. When what failed on a place that was
 * set aside fails with the same message on one where runs succeed, it was the config: the place is in use
 * again.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/text.h"
#include "base/vector.h"

struct runner;
struct attempt;
struct slot;

enum { PLACES_FAILURES = 3 };

struct place {
    int gpu_id;
    char *message; /* of the failures in a row; NULL: the last run to end here has succeeded, or none has */
    char *example; /* the first of them, in lines for people */
    VECTOR(int64_t) runs; /* that failed so */
    int64_t longest_ns;   /* that one of them took */
    bool succeeded;       /* the last run to end here has */
    bool aside;
    bool was_aside; /* once in this start */
    int64_t until;  /* clock_monotonic(): when it is given another chance */
    int64_t told;   /* the `until` that the log has told */
    int trials;     /* chances that it had since it was set aside */
};

struct places {
    VECTOR(struct place) all; /* those on which something has failed or succeeded */
    char *excused;            /* a message that was found to be the configs'; NULL: none */
    size_t marked;            /* suspects, and those set aside */
    uv_timer_t timer;         /* runs down when one of these may change */
};

void places_open(struct runner *runner);
void places_close(struct places *places);
void places_free(struct places *places);
/* Notes an attempt that has failed. Returns whether its run is to be tried elsewhere, since the place is at
 * fault. */
bool places_note_failure(struct runner *runner, const struct attempt *attempt);
/* Notes that an attempt was started on the slot: the chance that its place was given is used. */
void places_note_start(struct runner *runner, const struct slot *slot);
void places_note_success(struct runner *runner, int gpu_id);
/* Returns whether something may be started on the slot. */
bool places_allow(const struct runner *runner, const struct slot *slot);
/* Returns whether a GPU is set aside now. places: struct places */
bool places_is_aside(const void *places, int gpu_id);
/* Adds a paragraph for the summary for each place that was set aside; nothing where none was. */
void places_describe(const struct places *places, struct text *out);
