#include "run/settle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "run/failure.h"
#include "run/progress.h"
#include "run/retry.h"

static void on_over(uv_timer_t *timer);

static void log_finished(struct runner *runner, const struct run *run, double seconds)
{
    char took[48], remaining[48];
    unsigned long long left = runner_remaining(runner);
    duration_format(seconds, took);
    duration_format(progress_seconds_left(runner), remaining);
    log_line(runner->log, LOG_INFO,
             "Thread %lld finished - %s - %llu config%s remaining - est. total time remaining: %s",
             (long long)run->id, took, left, left == 1 ? "" : "s", remaining);
}

static void note_fault(struct runner *runner, const struct run *run, const char *fault)
{
    if (!fault)
        return;
    log_line(runner->log, LOG_WARNING,
             "Thread %lld is done, with a fault after its training: %s - see %s/%s.err", (long long)run->id,
             fault, run->directory, run->name);
    runner->faulty++;
    if (!runner->fault_example)
        runner->fault_example =
            text_format("%s: %s; see %s/%s.err", run->name, fault, run->directory, run->name);
}

static void finish(struct runner *runner, struct attempt *attempt, bool has_run_data)
{
    struct run *run = attempt->run;
    double seconds = attempt->end.seconds;
    if (attempt->end.exit_status != 0)
        log_line(runner->log, LOG_WARNING, "Thread %lld ended badly after its results were complete: %s",
                 (long long)run->id, attempt->end.reason);
    runner->finished += run->rank != RUNNER_NO_RANK;
    runner->others += run->rank == RUNNER_NO_RANK;
    runner->finished_here++;
    fail_fast_forget(&runner->fail_fast);
    places_note_success(runner, run->gpu_id);
    runner->seconds_run += seconds;
    log_finished(runner, run, seconds);
    attempt->run = NULL;
    bookkeeping_finish(&runner->bookkeeping, run, &attempt->end, runner->config, has_run_data);
}

/* Takes the run over from the attempt. */
static struct failure take_failure(struct attempt *attempt)
{
    struct failure failure = {.run = attempt->run, .error_tail = attempt->error_tail};
    snprintf(failure.reason, sizeof failure.reason, "%s", attempt->end.reason);
    attempt->run = NULL;
    attempt->error_tail = NULL;
    return failure;
}

static void log_failed(struct runner *runner, const struct attempt *attempt, const char *what_follows)
{
    const char *ending;
    const struct run *run = attempt->run;
    if (attempt->is_unstarted) {
        log_line(runner->log, LOG_WARNING, "Thread %lld failed - %s: %s - %s", (long long)run->id,
                 attempt->end.reason, attempt->error_tail, what_follows);
        return;
    }
    free(failure_find_lines(run, attempt->error_tail ? attempt->error_tail : "", &ending));
    const char *where = failure_left_output(run, ending) ? "see" : "the program has deleted";
    log_line(runner->log, LOG_WARNING, "Thread %lld failed - %s - %s - %s %s/%s.%s", (long long)run->id,
             attempt->end.reason, what_follows, where, run->directory, run->name, ending);
}

static void fail(struct runner *runner, struct attempt *attempt)
{
    const struct run *run = attempt->run;
    store_keep_record(runner->store, run);
    bool elsewhere = !attempt->is_unstarted && places_note_failure(runner, attempt);
    bool again = elsewhere || (attempt->not_executed != E2BIG && retry_is_allowed(runner, run));
    const char *what_follows = elsewhere ? "will be tried on another GPU"
                               : again   ? "will be tried again"
                                         : "given up";
    store_add_failed(runner->store, run, &attempt->end, attempt->error_tail, !again);
    bookkeeping_kick(&runner->bookkeeping);
    if (!elsewhere)
        fail_fast_note(runner, attempt);
    log_failed(runner, attempt, what_follows);
    struct failure failure = take_failure(attempt);
    if (elsewhere)
        retry_elsewhere(runner, &failure);
    else if (again)
        retry_later(runner, &failure);
    else
        runner_give_up(runner, &failure);
}

void settle_unstarted(struct runner *runner, struct slot *slot, struct run *run, const struct error *why)
{
    struct attempt attempt = {
        .runner = runner,
        .slot = slot,
        .run = run,
        .started = clock_monotonic(),
        .is_unstarted = true,
        .not_executed = why->number,
        .error_tail = text_format("%s%s", why->text, trouble_remedy(why)),
    };
    attempt.end.start_time = attempt.end.end_time = clock_wall();
    attempt.end.exit_status = -1;
    snprintf(attempt.end.reason, sizeof attempt.end.reason, "%s", FAILURE_UNSTARTED);
    store_note_unstarted(run, attempt.error_tail);
    fail(runner, &attempt);
}

static void stop(struct runner *runner, struct attempt *attempt)
{
    snprintf(attempt->end.reason, sizeof attempt->end.reason, "stopped");
    store_keep_record(runner->store, attempt->run);
    store_add_failed(runner->store, attempt->run, &attempt->end, attempt->error_tail, false);
    bookkeeping_kick(&runner->bookkeeping);
    log_line(runner->log, LOG_INFO, "Thread %lld stopped", (long long)attempt->run->id);
}

/* Exit status 0 does not mean finished when it answers our SIGTERM, as a program that saves a checkpoint
 * first does. */
static bool ended_well(const struct runner *runner, const struct attempt *attempt)
{
    return attempt->end.exit_status == 0 && !attempt->cut_short && runner->options->use != CONFIG_FOR_FORK;
}

static bool is_stopping(const struct runner *runner)
{
    return runner->stop_signal || runner->fatal.kind == ERROR_LOCKED;
}

/* Settles the attempt later. The timer is not put off when it runs already: those that wait for it may come
 * one after the other. */
static void look_again(struct runner *runner, struct attempt *attempt, uint64_t pause_ms)
{
    vector_push(&runner->unsettled.attempts, attempt);
    if (!uv_is_active((uv_handle_t *)&runner->unsettled.timer))
        uv_timer_start(&runner->unsettled.timer, on_over, pause_ms, 0);
}

static void wait(struct runner *runner, struct attempt *attempt, const struct error *err)
{
    look_again(runner, attempt, 2000);
    if (trouble_note(&runner->unsettled.trouble, err))
        log_line(runner->log, LOG_WARNING,
                 "Thread %lld has ended, and whether it is finished cannot be seen yet: %s%s",
                 (long long)attempt->run->id, err->text, trouble_remedy(err));
}

/* Returns how long the runner is to wait for a signal of its own; 0: no longer. Whoever stops furcate may
 * have sent the signal to all its processes, of which this attempt was the quickest. */
static uint64_t ms_until_stop(const struct attempt *attempt)
{
    static const int64_t most_ns = 1000000000;
    if (attempt->cut_short || !failure_is_stop(&attempt->end))
        return 0;
    int64_t left = attempt->ended + most_ns - clock_monotonic();
    return left > 0 ? (uint64_t)left / 1000000 + 1 : 0;
}

/* A complete run_data.json means finished, however the process ended after it was written. What cannot be
 * seen when the runner is to stop is left to the next. */
void settle(struct runner *runner, struct attempt *attempt)
{
    struct error err;
    CLEANUP(memory_free) char *fault = NULL;
    bool has_run_data, is_known = store_has_run_data(attempt->run, &has_run_data, &fault, &err);
    if (!is_known && !is_stopping(runner)) {
        wait(runner, attempt, &err);
        return;
    }
    bool finished = is_known && (has_run_data || ended_well(runner, attempt));
    uint64_t ms = finished || is_stopping(runner) ? 0 : ms_until_stop(attempt);
    if (ms > 0) {
        look_again(runner, attempt, ms);
        return;
    }
    if (!finished || attempt->end.exit_status != 0)
        failure_explain(attempt);
    if (finished) {
        note_fault(runner, attempt->run, fault);
        finish(runner, attempt, has_run_data);
    } else if (is_stopping(runner))
        stop(runner, attempt);
    else
        fail(runner, attempt);
    attempt_release(attempt);
}

void settle_waiting(struct runner *runner)
{
    char lasted[48];
    __typeof__(runner->unsettled.attempts) waiting = runner->unsettled.attempts;
    memset(&runner->unsettled.attempts, 0, sizeof runner->unsettled.attempts);
    for (size_t i = 0; i < waiting.count; i++)
        settle(runner, waiting.items[i]);
    vector_free(&waiting);
    if (runner->unsettled.attempts.count == 0)
        trouble_over(&runner->unsettled.trouble, lasted);
}

static void on_over(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    settle_waiting(runner);
    runner->run_ready(runner);
}

void settle_open(struct runner *runner)
{
    uv_timer_init(&runner->loop, &runner->unsettled.timer);
    runner->unsettled.timer.data = runner;
}

void settle_close(struct runner *runner)
{
    vector_free(&runner->unsettled.attempts);
    uv_close((uv_handle_t *)&runner->unsettled.timer, NULL);
}
