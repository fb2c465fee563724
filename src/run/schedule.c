#include "run/schedule.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "run/prepare.h"
#include "run/retry.h"
#include "run/runner.h"
#include "run/settle.h"
#include "run/signals.h"
#include "run/slice.h"

/* Ranks that are looked at between two looks at the clock. */
enum { most_looks = 256 };

static bool may_start(struct runner *runner)
{
    return !runner->stop_signal && !runner->paused && runner->fatal.kind == ERROR_NONE &&
           !runner->bookkeeping.failing && !bookkeeping_is_full(&runner->bookkeeping) &&
           !refusal_holds(&runner->refusal) && !fail_fast_holds(&runner->fail_fast) &&
           !warm_holds(&runner->warm) && !runner->closing;
}

static void on_idle(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    schedule_go_on(idle->data);
}

/* Among many permutations that are finished, or excluded but not counted, the next one can be far away: the
 * search goes on when all events are seen to. */
static void search_on(struct runner *runner)
{
    uint64_t looked_at = order_looked_at(runner->order);
    uv_idle_start(&runner->search, on_idle);
    if (looked_at < runner->next_notice)
        return;
    log_line(runner->log, LOG_INFO,
             "Searching for a config that exclude_configs leaves: looked at %llu of %llu",
             (unsigned long long)looked_at, (unsigned long long)plan_count(runner->plan));
    runner->next_notice = 10 * looked_at;
}

static bool is_taken(const void *taken, uint64_t rank)
{
    return taken_has(taken, rank);
}

/* Returns the first slot that is free and of use, other than those of the GPU `but` (-1: of any); NULL: none.
 */
static struct slot *find_slot(const struct runner *runner, int but)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        struct slot *slot = runner->slots.all.items[i];
        if (!slot->retired && !slot->attempt && (but < 0 || slot->gpu_id != but) &&
            places_allow(runner, slot))
            return slot;
    }
    return NULL;
}

/* Returns the GPU on which the run failed; -1: it has not, or there is no other. */
static int failed_on(const struct runner *runner, const struct run *run)
{
    return run->attempt > 0 && slots_places(&runner->slots) > 1 ? run->gpu_id : -1;
}

static struct run *take_ready(struct runner *runner, size_t i)
{
    struct run *run = runner->ready.items[i];
    runner->ready.count--;
    memmove(runner->ready.items + i, runner->ready.items + i + 1,
            (runner->ready.count - i) * sizeof *runner->ready.items);
    return run;
}

/* Takes the first of the ready runs for which there is a free slot on another GPU than the one it failed on.
 */
static struct run *next_ready(struct runner *runner, struct slot **slot)
{
    for (size_t i = runner->ready.count; i-- > 0;) {
        struct slot *other = find_slot(runner, failed_on(runner, runner->ready.items[i]));
        if (!other)
            continue;
        *slot = other;
        return take_ready(runner, i);
    }
    return NULL;
}

static struct run *next_of_order(struct runner *runner)
{
    uint64_t rank;
    if (runner->exhausted)
        return NULL;
    int64_t begun = clock_monotonic();
    enum order_step step;
    do
        step = order_search(runner->order, is_taken, &runner->taken, most_looks, &rank);
    while (step == ORDER_LATER && !slice_is_over(begun));
    runner->exhausted = step == ORDER_END;
    if (step == ORDER_LATER)
        search_on(runner);
    if (step != ORDER_FOUND)
        return NULL;
    taken_add(&runner->taken, rank);
    return store_new_run(runner->store, runner->plan, rank);
}

/* Takes the next run, and a free slot for it: a retry whose time has come, on another GPU than before if that
 * can be, else the next of the order. NULL: none now. */
static struct run *next_run(struct runner *runner, struct slot **slot)
{
    struct run *run;
    *slot = find_slot(runner, -1);
    if (!*slot)
        return NULL;
    if ((run = next_ready(runner, slot)) || (run = next_of_order(runner)))
        return run;
    return runner->ready.count > 0 ? take_ready(runner, runner->ready.count - 1) : NULL;
}

/* Starts nothing for a while, or no more when waiting is of no use. run: NULL where it does not matter which
 */
static void hold(struct runner *runner, const struct run *run, const struct error *err)
{
    char which[64] = "No run";
    if (refusal_is_passing(runner, err)) {
        refusal_note(runner, run, err);
        return;
    }
    runner->fatal = *err;
    if (run)
        snprintf(which, sizeof which, "Thread %lld", (long long)run->id);
    log_line(runner->log, LOG_WARNING, "%s could %sbe started: %s%s", which, run ? "not " : "", err->text,
             trouble_remedy(err));
}

/* The run keeps its id, and is the first to be tried again. */
static void refuse(struct runner *runner, struct run *run, const struct error *err)
{
    vector_push(&runner->ready, run);
    hold(runner, run, err);
}

/* Takes back an attempt that did not execute its program, by the run's own fault or since that cannot be
 * executed any more.
 * The attempt has been recorded as started, so its end is too; releases it. */
static void take_back(struct runner *runner, struct attempt *attempt)
{
    struct error err;
    launch_explain(attempt->program, attempt->not_executed, &err);
    if (err.is_of_run) {
        settle_unstarted(runner, attempt->slot, attempt_take_run(attempt), &err);
        attempt_release(attempt);
        return;
    }
    snprintf(attempt->end.reason, sizeof attempt->end.reason, "%.200s", err.text);
    store_add_failed(runner->store, attempt->run, &attempt->end, "", false);
    bookkeeping_kick(&runner->bookkeeping);
    runner->executes = false;
    struct run *run = attempt_withdraw(attempt);
    bool is_planned = run->rank != RUNNER_NO_RANK;
    refuse(runner, run, &err);
    if (!is_planned)
        run_destroy(runner->ready.items[--runner->ready.count]);
    attempt_release(attempt);
}

/* The next run is started when all events are seen to: of many, none may have a directory that can be used.
 */
static void pass_over(struct runner *runner, struct slot *slot, struct run *run, const struct error *err)
{
    settle_unstarted(runner, slot, run, err);
    uv_idle_start(&runner->search, on_idle);
}

static void start(struct runner *runner, struct slot *slot, struct run *run)
{
    struct error err = {0};
    code_follow(runner);
    if (!prepare_check_folders(runner, run, &err) || !attempt_start(runner, slot, run, &err)) {
        if (err.is_of_run)
            pass_over(runner, slot, run, &err);
        else
            refuse(runner, run, &err);
        return;
    }
    places_note_start(runner, slot);
    store_add_started(runner->store, run, slot->attempt->end.start_time, (int)slot->attempt->pid);
    bookkeeping_kick(&runner->bookkeeping);
    log_line(runner->log, LOG_DEBUG, "Thread %lld started - %s_%s - %s", (long long)run->id, run->name,
             run->label, slot->name);
}

/* As far as is known: the count may be too high, and the order may have to be looked through to its end. */
static bool is_any_left(const struct runner *runner)
{
    return runner->ready.count > 0 || (!runner->exhausted && runner_left(runner) > 0);
}

/* Returns whether the search for runs, and starting them, goes on only when all events are seen to: that is
 * so as well when this turn has started runs for long enough. */
static bool is_put_off(struct runner *runner, int64_t begun)
{
    if (slice_is_over(begun))
        uv_idle_start(&runner->search, on_idle);
    return uv_is_active((const uv_handle_t *)&runner->search);
}

static void start_all(struct runner *runner)
{
    struct slot *slot;
    struct run *run;
    struct error err;
    bool is_ready = may_start(runner) && find_slot(runner, -1) && is_any_left(runner);
    if (is_ready && !code_is_there(&runner->code, &err)) {
        hold(runner, NULL, &err);
        return;
    }
    if (is_ready)
        warm_up(runner);
    int64_t begun = clock_monotonic();
    while (may_start(runner) && !is_put_off(runner, begun) && (run = next_run(runner, &slot)))
        start(runner, slot, run);
    if (may_start(runner))
        refusal_over(runner);
}

static void refill(struct runner *runner)
{
    if (store_is_present(runner->store))
        start_all(runner);
    else
        bookkeeping_kick(&runner->bookkeeping); /* makes the log dir anew; schedule_go_on() follows */
    progress_update(&runner->progress);
}

static bool is_executing(const struct runner *runner)
{
    if (runner->unsettled.attempts.count > 0)
        return true;
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt)
            return true;
    return false;
}

static bool has_more(const struct runner *runner)
{
    if (runner->stop_signal || runner->fatal.kind != ERROR_NONE || runner->fail_fast.stopped)
        return false;
    return !runner->exhausted || runner->ready.count > 0 || runner->waiting.count > 0 ||
           reload_is_under_way(&runner->reload);
}

/* All is, or what is not cannot be and must not keep the runner: results do, until somebody stops it. */
static bool is_written(struct runner *runner)
{
    struct bookkeeping *bookkeeping = &runner->bookkeeping;
    if (bookkeeping_is_idle(bookkeeping) &&
        bookkeeping_is_recorded(bookkeeping, runner->stop_signal || runner->fatal.kind == ERROR_LOCKED))
        return true;
    if (runner->at_once && bookkeeping_only_reads(bookkeeping))
        return true;
    bool may_lose = runner->stop_signal || runner->fatal.kind == ERROR_LOCKED ||
                    (runner->fatal.kind != ERROR_NONE && !bookkeeping->collecting.count &&
                     store_unwritten_rows(runner->store) == 0);
    return bookkeeping_is_stuck(bookkeeping) && may_lose;
}

static void close_when_done(struct runner *runner)
{
    if (runner->closing || is_executing(runner) || has_more(runner))
        return;
    bookkeeping_hurry(&runner->bookkeeping);
    if (runner->closing) /* there was nothing to write after all */
        return;
    if (!is_written(runner)) {
        if (runner->bookkeeping.reading > 0)
            progress_redraw(&runner->progress);
        return;
    }
    if (!warm_end(runner))
        return;
    runner->closing = true;
    retry_drop_all(runner);
    watchdog_close(&runner->watchdog);
    watch_close(&runner->watch);
    watch_free(&runner->watch, reload_close(&runner->reload));
    vanish_close(&runner->vanish);
    warm_close(&runner->warm);
    bookkeeping_close(&runner->bookkeeping);
    progress_close(&runner->progress);
    refusal_close(&runner->refusal);
    fail_fast_close(&runner->fail_fast);
    places_close(&runner->places);
    settle_close(runner);
    uv_close((uv_handle_t *)&runner->search, NULL);
    trees_close(&runner->trees);
    signals_close(runner);
}

void schedule_ended(struct runner *runner, struct attempt *attempt)
{
    attempt->slot->attempt = NULL;
    refusal_hurry(&runner->refusal);
    bool executed = !attempt->not_executed;
    if (!executed)
        take_back(runner, attempt);
    refill(runner);

    if (executed)
        settle(runner, attempt);
    progress_update(&runner->progress);
    close_when_done(runner);
}

void schedule_go_on(struct runner *runner)
{
    if (runner->stop_signal)
        settle_waiting(runner);
    refill(runner);
    close_when_done(runner);
}
