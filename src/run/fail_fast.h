/*
 * Three different configs in a row that fail with the same message, without having reported a metric: then
 * the program is at fault, not a config, and nothing more is started (meta.fail_fast). Failures that took a
 * second or more count only as long as no run has succeeded in this start.
 *
 * Unless an attempt that was started no earlier gets well beyond the time in which these failed: for that one
 * the program works. And where there are several places, the three have to be from more than one of them:
 * else it is the place (places.h).
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct runner;
struct attempt;
struct failure;
struct run;

enum { FAIL_FAST_RUNS = 3 };

struct fail_fast {
    char *message; /* of the failures in a row, see fail_fast_message(); NULL: none */
    char *excused; /* the message that was found to be the configs' last; NULL: none */
    char *example; /* the first of them, in lines for people */
    int64_t ids[FAIL_FAST_RUNS];
    int count;
    int gpu_id;         /* where the first of them failed; -1: on the CPU */
    bool elsewhere;     /* one of the others failed on another place */
    int64_t since;      /* when the first of them was started; clock_monotonic() */
    int64_t longest_ns; /* that one of them took */
    /* Active while enough have failed, and those that execute get the time to prove the program right. */
    uv_timer_t verdict;
    bool stopped; /* the verdict was that the program is at fault */
};

void fail_fast_open(struct runner *runner);
void fail_fast_close(struct fail_fast *fail_fast);
void fail_fast_free(struct fail_fast *fail_fast);
/* Notes an attempt that has failed. Calls runner->run_ready() when the verdict is there. Timeouts, and
 * failures for want of memory, which are the config's, do not count. */
void fail_fast_note(struct runner *runner, const struct attempt *attempt);
/* A run has finished: what failed before tells nothing of the program any more. */
void fail_fast_forget(struct fail_fast *fail_fast);
/* Whether nothing is to be started, until the verdict or from then on. */
bool fail_fast_holds(const struct fail_fast *fail_fast);

/* Whether it failed with the message for which nothing more is started. */
bool fail_fast_tells(const struct fail_fast *fail_fast, const struct failure *failure);

/* Returns how long an attempt has to execute until it is well beyond failures that took `longest_ns`. */
int64_t fail_fast_beyond(int64_t longest_ns);

/*
 * The reason of a failure and the last line of its stderr, without what differs from run to run: the name of
 * the run directory, and each word that has a digit in it, is a '#'. free() it.
 */
char *fail_fast_message(const struct run *run, const char *reason, const char *error_tail);
