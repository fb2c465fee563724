/* Writes ended runs to the store, off the event loop and grouped: a commit begins 100 ms after the one before
 * it, or when nothing more will come. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "base/vector.h"
#include "config/config.h"
#include "run/findings.h"
#include "run/recent.h"
#include "store/store.h"

struct finished; /* a run whose results are being read */
struct readers;

/* The most finished runs that may be unwritten before starts wait for them. A crash may repeat as many, and
 * one a slot. */
enum { BOOKKEEPING_MOST_UNWRITTEN = 512 };

struct bookkeeping {
    uv_loop_t *loop;
    uv_work_t work;
    uv_timer_t timer, behind; /* the second: until what furcate.db lacks is tried to be put there again */
    struct store *store;
    bool busy;      /* a commit is on a worker thread */
    bool failing;   /* something can be neither read nor written now; it is tried again every two seconds */
    bool pending;   /* records wait for the next commit */
    bool is_behind; /* another program has locked furcate.db, which lacks something */
    int64_t waits_at_end;    /* clock_monotonic() since when only that is left to do; 0: more is */
    int64_t last_start;      /* clock_monotonic() of the last commit */
    struct error err;        /* why it fails */
    struct error commit_err; /* of the last commit; the worker's while one is under way */
    struct error read_err;   /* of the results that wait */
    struct findings findings;
    struct readers *readers;
    VECTOR(struct finished *) collecting;
    size_t ended, committing; /* finished runs in the store's hands: for the next commit, and in this one */
    struct recent_runs recent;
    bool told_of_full;
    size_t reading, waiting; /* of these: those being read now, and those that could not be the last time */
    void (*changed)(void *context); /* a commit has ended, or `failing` may have changed */
    void *context;
};

void bookkeeping_open(struct bookkeeping *bookkeeping, uv_loop_t *loop, struct store *store,
                      void (*changed)(void *context), void *context);
/* Records have been added to the store: commit them, soon. */
void bookkeeping_kick(struct bookkeeping *bookkeeping);
/* Nothing will come that is worth waiting for: what is pending is committed now. */
void bookkeeping_hurry(struct bookkeeping *bookkeeping);
/*
 * Records a finished run, which is taken over. The metrics of a program that wrote no run_data.json itself
 * are read on a worker thread first: metrics.jsonl, and with meta.metrics its output.
 *
 * has_run_data  it wrote run_data.json itself, which holds its results
 */
void bookkeeping_finish(struct bookkeeping *bookkeeping, struct run *run, const struct attempt_end *end,
                        struct config *config, bool has_run_data);
/* The finished runs that are not yet in the store's hands: the i-th, NULL at the end. */
struct run *bookkeeping_collecting(const struct bookkeeping *bookkeeping, size_t i);
/* Keeps the finished runs in the store's hands until it is told not to, also when their rows are written. */
void bookkeeping_keep_recent(struct bookkeeping *bookkeeping, bool keeps);
/* The i-th of these; NULL at the end. */
const struct recent *bookkeeping_recent(const struct bookkeeping *bookkeeping, size_t i);
/* Returns true while so many finished runs are unwritten that no run may be started; logs that once.
 * Otherwise their number would grow for as long as runs end faster than the disk takes their results. */
bool bookkeeping_is_full(struct bookkeeping *bookkeeping);
/* Nothing is being read or written, or waits for it. */
bool bookkeeping_is_idle(const struct bookkeeping *bookkeeping);
/* Returns whether furcate.db has everything, or has been waited for long enough where nothing else is to be
 * done: ten seconds, or not at all if it `hurries`. */
bool bookkeeping_is_recorded(struct bookkeeping *bookkeeping, bool hurries);
/* Returns true when everything is written but the results of runs that are marked as ended well, which are
 * being read: a further start reads them again. */
bool bookkeeping_only_reads(const struct bookkeeping *bookkeeping);
/* Nothing is being read or written; what waits for it cannot be now. */
bool bookkeeping_is_stuck(const struct bookkeeping *bookkeeping);
void bookkeeping_close(struct bookkeeping *bookkeeping);
