#include "run/schedule.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/failure.h"
#include "run/prepare.h"
#include "run/retry.h"
#include "run/runner.h"
#include "run/signals.h"

/* Ranks that one look at the order may take: some 5 ms. */
enum { most_looks = 10000 };

static bool may_start(const struct runner *runner)
{
    return !runner->stop_signal && !runner->paused && runner->fatal.kind == ERROR_NONE &&
           !runner->bookkeeping.failing && !refusal_holds(&runner->refusal) && !runner->closing;
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

/* The next run: a retry whose time has come, else the next of the order. NULL: none now. */
static struct run *next_run(struct runner *runner)
{
    uint64_t rank;
    if (runner->ready.count > 0)
        return runner->ready.items[--runner->ready.count];
    if (runner->exhausted)
        return NULL;
    enum order_step step = order_search(runner->order, is_taken, &runner->taken, most_looks, &rank);
    runner->exhausted = step == ORDER_END;
    if (step == ORDER_LATER)
        search_on(runner);
    if (step != ORDER_FOUND)
        return NULL;
    taken_add(&runner->taken, rank);
    return store_new_run(runner->store, runner->plan, rank);
}

/* The run keeps its id, and is the first to be tried again. */
static void refuse(struct runner *runner, struct run *run, const struct error *err)
{
    vector_push(&runner->ready, run);
    if (err->may_pass) {
        refusal_note(runner, run, err);
        return;
    }
    runner->fatal = *err;
    log_line(runner->log, LOG_WARNING, "Thread %lld could not be started: %s%s", (long long)run->id,
             err->text, trouble_remedy(err));
}

static void start(struct runner *runner, struct slot *slot, struct run *run)
{
    struct error err = {0};
    if (!prepare_check_data_dir(runner, run, &err) || !attempt_start(runner, slot, run, &err)) {
        refuse(runner, run, &err);
        return;
    }
    store_add_started(runner->store, run, slot->attempt->end.start_time, (int)slot->attempt->pid);
    bookkeeping_kick(&runner->bookkeeping);
    log_line(runner->log, LOG_DEBUG, "Thread %lld started - %s_%s - %s", (long long)run->id, run->name,
             run->label, slot->name);
}

static void refill(struct runner *runner)
{
    struct slot *slot;
    struct run *run;
    while (may_start(runner) && (slot = slots_free(&runner->slots)) && (run = next_run(runner)))
        start(runner, slot, run);
    if (may_start(runner))
        refusal_over(runner);
    progress_update(&runner->progress);
}

static void log_finished(struct runner *runner, const struct run *run, double seconds)
{
    char took[48], remaining[48];
    duration_format(seconds, took);
    duration_format(progress_seconds_left(runner), remaining);
    log_line(runner->log, LOG_INFO,
             "Thread %lld finished - %s - %llu configs remaining - est. total time remaining: %s",
             (long long)run->id, took, (unsigned long long)runner_left(runner), remaining);
}

static void finish(struct runner *runner, struct attempt *attempt, bool has_run_data)
{
    struct run *run = attempt->run;
    double seconds = clock_span(attempt->end.start_time, attempt->end.end_time);
    if (attempt->end.exit_status != 0)
        log_line(runner->log, LOG_WARNING, "Thread %lld ended badly after its results were complete: %s",
                 (long long)run->id, attempt->end.reason);
    runner->finished += run->rank != RUNNER_NO_RANK;
    runner->others += run->rank == RUNNER_NO_RANK;
    runner->finished_here++;
    runner->seconds_run += seconds;
    log_finished(runner, run, seconds);
    attempt->run = NULL;
    bookkeeping_finish(&runner->bookkeeping, run, &attempt->end, runner->config, has_run_data);
}

static void give_up(struct runner *runner, struct attempt *attempt)
{
    struct failure failure = {.run = attempt->run};
    snprintf(failure.reason, sizeof failure.reason, "%s", attempt->end.reason);
    vector_push(&runner->failures, failure);
    attempt->run = NULL;
}

static void fail(struct runner *runner, struct attempt *attempt)
{
    const struct run *run = attempt->run;
    bool again =
        run->attempt - run->earlier <= config_meta(runner->config)->retries && run->rank != RUNNER_NO_RANK;
    store_add_failed(runner->store, run, &attempt->end, !again);
    bookkeeping_kick(&runner->bookkeeping);
    log_line(runner->log, LOG_WARNING, "Thread %lld failed - %s - %s - see %s/%s.err", (long long)run->id,
             attempt->end.reason, again ? "will be tried again" : "given up", run->directory, run->name);
    if (again) {
        retry_later(runner, attempt->run);
        attempt->run = NULL;
    } else {
        give_up(runner, attempt);
    }
}

static void stop(struct runner *runner, struct attempt *attempt)
{
    snprintf(attempt->end.reason, sizeof attempt->end.reason, "stopped");
    store_add_failed(runner->store, attempt->run, &attempt->end, false);
    bookkeeping_kick(&runner->bookkeeping);
    log_line(runner->log, LOG_INFO, "Thread %lld stopped", (long long)attempt->run->id);
}

/* Exit status 0 does not mean finished when it answers our SIGTERM, as a program that saves a checkpoint
 * first does. */
static bool ended_well(const struct runner *runner, const struct attempt *attempt)
{
    return attempt->end.exit_status == 0 && !attempt->cut_short && runner->options->use != CONFIG_FOR_FORK;
}

/* A complete run_data.json means finished, however the process ended after it was written. */
static void settle(struct runner *runner, struct attempt *attempt)
{
    bool has_run_data = store_has_run_data(attempt->run);
    bool finished = has_run_data || ended_well(runner, attempt);
    if (!finished || attempt->end.exit_status != 0)
        failure_explain(attempt, config_meta(runner->config));
    if (finished)
        finish(runner, attempt, has_run_data);
    else if (runner->stop_signal)
        stop(runner, attempt);
    else
        fail(runner, attempt);
}

static bool is_executing(const struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt)
            return true;
    return false;
}

static bool has_more(const struct runner *runner)
{
    if (runner->stop_signal || runner->fatal.kind != ERROR_NONE)
        return false;
    return !runner->exhausted || runner->ready.count > 0 || runner->waiting.count > 0 ||
           runner->reload_wanted;
}

/* All is, or what is not cannot be and must not keep the runner: results do, until somebody stops it. */
static bool is_written(const struct runner *runner)
{
    const struct bookkeeping *bookkeeping = &runner->bookkeeping;
    if (bookkeeping_is_idle(bookkeeping))
        return true;
    bool may_lose =
        runner->stop_signal || (runner->fatal.kind != ERROR_NONE && !bookkeeping->collecting.count &&
                                store_unwritten_rows(runner->store) == 0);
    return bookkeeping->failing && !bookkeeping->busy && may_lose;
}

static void close_when_done(struct runner *runner)
{
    if (runner->closing || is_executing(runner) || has_more(runner) || !is_written(runner))
        return;
    runner->closing = true;
    retry_drop_all(runner);
    watch_close(&runner->watch);
    bookkeeping_close(&runner->bookkeeping);
    progress_close(&runner->progress);
    refusal_close(&runner->refusal);
    uv_close((uv_handle_t *)&runner->search, NULL);
    uv_close((uv_handle_t *)&runner->follow, NULL);
    trees_close(&runner->trees);
    signals_close(runner);
}

void schedule_ended(struct runner *runner, struct attempt *attempt)
{
    attempt->slot->attempt = NULL;
    attempt->slot->free_since = clock_monotonic();
    refusal_hurry(&runner->refusal);
    refill(runner);

    settle(runner, attempt);
    attempt_release(attempt);
    progress_update(&runner->progress);
    close_when_done(runner);
}

void schedule_go_on(struct runner *runner)
{
    refill(runner);
    close_when_done(runner);
}
