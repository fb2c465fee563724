/* The state of a runner; private to this folder. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/hash.h"
#include "base/log.h"
#include "plan/plan.h"
#include "process/process.h"
#include "run/bookkeeping.h"
#include "run/code.h"
#include "run/command.h"
#include "run/environment.h"
#include "run/fail_fast.h"
#include "run/places.h"
#include "run/progress.h"
#include "run/refusal.h"
#include "run/reload.h"
#include "run/run.h"
#include "run/slot.h"
#include "run/taken.h"
#include "run/vanish.h"
#include "run/warm.h"
#include "run/watch.h"
#include "run/watchdog.h"
#include "store/store.h"

struct retry;

/* A run whose last attempt has failed. */
struct failure {
    struct run *run;
    char reason[256];
    char *error_tail; /* the last lines of its stderr; "" where the summary had ten before it */
};

enum { RUNNER_FAILURES_SHOWN = 10 };

/* Attempts that have ended, of which it cannot be seen yet whether their runs are finished, or whether they
 * were stopped. */
struct unsettled {
    VECTOR(struct attempt *) attempts;
    uv_timer_t timer;
    struct trouble trouble;
};

enum { RUNNER_SIGNALS = 5 };

struct runner {
    const struct runner_options *options;
    struct guard *guard;
    uv_loop_t loop;

    /* what is to be done */
    struct config *config;
    uint64_t config_content; /* look_at() its file; 0: it came from no file, and nobody can edit it */
    struct plan *plan;
    struct order *order;
    struct command *command;
    struct code code;
    struct taken taken; /* ranks finished, running, waiting or given up */
    bool exhausted;     /* the order has no further rank that is not taken */
    VECTOR(struct run *)
    ready; /* to be started first: retries whose back-off is over, and what the machine
            refused to start; their ranks are taken */
    VECTOR(struct retry *) waiting; /* retries in back-off; their ranks are taken */

    /* where */
    char *cwd; /* when it was started; NULL: not known */
    struct slots slots;
    struct trees trees;
    struct launcher *launcher;
    bool executes; /* the program could be executed the last time: the next launch does not wait for that */
    bool has_executed; /* ... at any time */
    struct environment *environment;
    struct store *store;
    struct log *log;

    /* what was done */
    uint64_t finished;      /* permutations of the current plan that are finished */
    struct text other_rows; /* lines for announce_other_rows() */
    uint64_t odd_rows; /* rows that matched nothing when they were read, for another reason than values */
    uint64_t others;   /* finished runs, or rows, that match no permutation of the current plan */
    uint64_t others_at_start;
    uint64_t finished_here; /* runs that this runner finished */
    double seconds_run;     /* sum over these */
    uint64_t runs_leaving;  /* whose programs ended and left processes, which were ended */
    VECTOR(struct failure) failures;
    uint64_t faulty;     /* finished runs with faults after their training */
    char *fault_example; /* of the first: its name, the fault, and its .err; NULL: there is none */
    int64_t started;     /* clock_monotonic() */

    struct bookkeeping bookkeeping;
    struct trouble storing; /* commits that fail */
    struct refusal refusal; /* of the machine to start runs */
    struct unsettled unsettled;
    struct warm warm;
    struct watch watch;
    struct watchdog watchdog;
    struct reload reload;
    struct vanish vanish;
    struct progress progress;
    uv_signal_t signals[RUNNER_SIGNALS];
    uv_poll_t guardian;   /* readable when it is gone */
    uv_idle_t search;     /* active while the next permutation is searched for */
    uint64_t next_notice; /* ranks looked at when the search is worth a line again */

    /* who is told; set by runner_main(), so that what is watched need not know who decides */
    void (*attempt_ended)(struct runner *runner, struct attempt *attempt);
    void (*run_ready)(struct runner *runner);

    int stop_signal; /* not 0: start nothing more; SIGKILL: the guardian was killed */
    int64_t stopped; /* when it was set; clock_monotonic() */
    int64_t paused;  /* since when the attempts are stopped, and nothing is started; 0: no pause */
    bool at_once;    /* stop without waiting for anything that a further start can do */
    bool closing;    /* all is done; the handles are closed */
    struct fail_fast fail_fast;
    struct places places;
    struct oom oom;
    struct error fatal; /* kind not ERROR_NONE: start nothing more, report this at the end */
};

/* A rank for a run that is no longer in the plan. */
#define RUNNER_NO_RANK UINT64_MAX

/* Ranks a run in the current plan, and notes it as taken. Returns false, with RUNNER_NO_RANK, when it is not
 * in the plan. */
bool runner_take(struct runner *runner, struct run *run);
/* Takes over what the failure owns: its run is not tried again. */
void runner_give_up(struct runner *runner, struct failure *failure);
/* Permutations of the plan that are neither finished, given up nor executing; retries count. */
uint64_t runner_left(const struct runner *runner);
/* Returns how many permutations of the plan are not finished, those that execute included; not the ones given
 * up. */
uint64_t runner_remaining(const struct runner *runner);
/* Moves `most` of what is taken to the current plan, after an edit. False when all have moved. */
bool runner_follow(struct runner *runner, size_t most);
