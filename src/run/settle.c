#include "run/settle.h"

#include <stdio.h>

#include "base/clock.h"
#include "run/failure.h"
#include "run/progress.h"
#include "run/retry.h"

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
    double seconds = attempt->end.seconds;
    if (attempt->end.exit_status != 0)
        log_line(runner->log, LOG_WARNING, "Thread %lld ended badly after its results were complete: %s",
                 (long long)run->id, attempt->end.reason);
    runner->finished += run->rank != RUNNER_NO_RANK;
    runner->others += run->rank == RUNNER_NO_RANK;
    runner->finished_here++;
    fail_fast_forget(&runner->fail_fast);
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
    bool again = run->attempt - run->earlier <= config_meta(runner->config)->retries &&
                 run->rank != RUNNER_NO_RANK && !runner->fail_fast.stopped;
    store_add_failed(runner->store, run, &attempt->end, !again);
    bookkeeping_kick(&runner->bookkeeping);
    fail_fast_note(runner, attempt);
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
void settle(struct runner *runner, struct attempt *attempt)
{
    bool has_run_data = store_may_have_run_data(attempt->run);
    bool finished = has_run_data || ended_well(runner, attempt);
    if (!finished || attempt->end.exit_status != 0)
        failure_explain(attempt, config_meta(runner->config));
    if (finished)
        finish(runner, attempt, has_run_data);
    else if (runner->stop_signal || runner->fatal.kind == ERROR_LOCKED)
        stop(runner, attempt);
    else
        fail(runner, attempt);
}
