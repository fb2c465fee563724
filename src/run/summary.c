#include "run/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"
#include "run/failure.h"

static void print_failures(const struct runner *runner)
{
    size_t count = runner->failures.count;
    if (count == 0)
        return;
    tell("\n%zu %s failed; a further start tries %s again:\n", count, count == 1 ? "run" : "runs",
         count == 1 ? "it" : "them");
    for (size_t i = 0; i < count && i < RUNNER_FAILURES_SHOWN; i++) {
        const struct failure *failure = &runner->failures.items[i];
        bool is_told_below = fail_fast_tells(&runner->fail_fast, failure);
        CLEANUP(text_free) struct text lines = {0};
        failure_add_lines(&lines, failure->run, failure->reason, is_told_below ? NULL : failure->error_tail);
        tell_lines(text_get(&lines));
    }
    if (count > RUNNER_FAILURES_SHOWN)
        tell("  and %zu more; see %s/furcate.log\n", count - RUNNER_FAILURES_SHOWN,
             store_directory(runner->store));
    tell("\n");
}

static void print_faults(const struct runner *runner)
{
    unsigned long long count = runner->faulty;
    if (count > 0)
        tell("%llu %s finished with faults after training%s %s\n", count, count == 1 ? "run" : "runs",
             count == 1 ? ":" : ", e.g.", runner->fault_example);
}

static void print_fail_fast(const struct runner *runner)
{
    unsigned long long untried = plan_count(runner->plan) - taken_count(&runner->taken);
    if (!runner->fail_fast.stopped)
        return;
    tell("%d configs in a row failed with the same message, so the program itself seems to be at fault:\n",
         FAIL_FAST_RUNS);
    tell_lines(runner->fail_fast.example);
    if (untried > 0)
        tell("Nothing more was started, so %llu %s not tried. Fix the program and start again; to try all\n"
             "anyway, set \"meta\": {\"fail_fast\": false} in the config, or give --set "
             "meta.fail_fast=false.\n\n",
             untried, untried == 1 ? "config was" : "configs were");
    else
        tell("Fix the program and start again.\n\n");
}

static void print_unwritten(const struct runner *runner)
{
    size_t count = store_unwritten_rows(runner->store);
    if (!runner->bookkeeping.failing || count == 0)
        return;
    tell("furcate: the results of %zu %s could not be stored: %s\n", count, count == 1 ? "run" : "runs",
         runner->bookkeeping.err.text);
}

static void print_places(const struct runner *runner)
{
    CLEANUP(text_free) struct text lines = {0};
    places_describe(&runner->places, &lines);
    if (lines.len == 0)
        return;
    tell("\n");
    tell_lines(text_get(&lines));
    tell("\n");
}

static void print_leaving(const struct runner *runner)
{
    unsigned long long count = runner->runs_leaving;
    if (count > 0)
        tell("The programs of %llu run%s ended while processes that they had started were still executing, "
             "and these were ended; see 'left' in %s/furcate.log. A program that trains in the background "
             "must wait for that (wait in a shell).\n",
             count, count == 1 ? "" : "s", store_directory(runner->store));
}

static void print_use(const struct runner *runner)
{
    CLEANUP(memory_free) char *use = slots_describe_use(&runner->slots, places_is_aside, &runner->places);
    if (*use)
        tell("%s\n", use);
}

/* What is done, without the runs whose results could not be stored. */
static uint64_t stored(const struct runner *runner, uint64_t finished)
{
    uint64_t unwritten = store_unwritten_rows(runner->store);
    return finished > unwritten ? finished - unwritten : 0;
}

/* Returns whether the config names another log dir than the one that is in use, after an edit. */
static bool has_moved(const struct runner *runner)
{
    return !file_is_same_path(config_log_dir(runner->config), store_log_dir(runner->store));
}

static void print_next_start(const struct runner *runner)
{
    const char *log_dir = store_log_dir(runner->store), *edited = config_log_dir(runner->config);
    if (has_moved(runner))
        tell("%sThe config now names the log_dir %s, but the results of this start are in %s. The same "
             "command would find none of them in %s: to go on from here, set log_dir back to %s, or move "
             "the folder "
             "%s to %s.\n",
             runner->stop_signal ? "Stopped. " : "", edited, log_dir, edited, log_dir, log_dir, edited);
    else if (runner->stop_signal)
        tell("Stopped; the same command goes on where this left off.\n");
}

/* Counts the runs of the plan that have a row, by the table itself. */
static uint64_t count_rows(const struct runner *runner)
{
    struct error ignored;
    struct number_set finished = {0};
    bool read = store_find_finished(runner->store, runner->plan, &finished, NULL, &ignored);
    uint64_t count = read ? finished.count : stored(runner, runner->finished);
    number_set_free(&finished);
    return count;
}

static void print_odd_rows(const struct runner *runner, const char *csv)
{
    unsigned long long count = runner->odd_rows;
    if (count > 0)
        tell("%llu %s of %s matched nothing in this plan; %s/furcate.log tells why.\n", count,
             count == 1 ? "row" : "rows", csv, store_log_dir(runner->store));
}

static void print_gone(const char *csv, const struct store_gone *gone)
{
    unsigned long long count = gone->written + gone->before;
    if (count > 0)
        tell("%llu %s that %s in %s %s no longer there: %s again at the next start. The results are still in "
             "%s (run_data.json).\n",
             count, count == 1 ? "row" : "rows", count == 1 ? "was" : "were", csv, count == 1 ? "is" : "are",
             count == 1 ? "its run is run" : "their runs are run",
             count == 1 ? "its folder" : "their folders");
}

/* Names the table only where there is one: perhaps no run has ended yet, or somebody has deleted it. */
static void print_done(unsigned long long done, unsigned long long total, unsigned long long now,
                       unsigned long long dropped, const char *took, const char *csv)
{
    const char *runs = total == 1 ? "run is" : "runs are";
    if (now == 0 && done == total) {
        tell("Everything is done: %llu of %llu %s in %s; delete a row to run it again.\n", done, total, runs,
             csv);
        return;
    }
    if (dropped > 0)
        tell("%llu of %llu %s done; this start finished %llu, in %s, and %llu finished %s no longer in "
             "the plan",
             done, total, runs, now, took, dropped, dropped == 1 ? "run is" : "runs are");
    else
        tell("%llu of %llu %s done, %llu of them now, in %s", done, total, runs, now, took);
    if (access(csv, F_OK) == 0)
        tell("; results: %s", csv);
    tell("\n");
}

/* Returns how many finished runs the edits of this start took from the plan. */
static uint64_t count_dropped(const struct runner *runner)
{
    return runner->others > runner->others_at_start ? runner->others - runner->others_at_start : 0;
}

void summary_print(const struct runner *runner)
{
    char took[48];
    struct store_gone gone = store_look_for_gone(runner->store);
    bool are_gone = gone.written + gone.before > 0;
    unsigned long long total = plan_count(runner->plan), now = stored(runner, runner->finished_here);
    unsigned long long done = are_gone ? count_rows(runner) : stored(runner, runner->finished);
    now = now > gone.written ? now - gone.written : 0;
    duration_format(1e-9 * (double)(clock_monotonic() - runner->started), took);
    CLEANUP(memory_free) char *csv = file_join(store_log_dir(runner->store), "run_data.csv");
    print_failures(runner);
    print_faults(runner);
    print_fail_fast(runner);
    print_places(runner);
    print_unwritten(runner);
    print_leaving(runner);
    findings_print(&runner->bookkeeping.findings, store_directory(runner->store));
    print_use(runner);
    print_done(done, total, now, count_dropped(runner), took, csv);
    print_odd_rows(runner, csv);
    print_gone(csv, &gone);
    if (store_was_replaced(runner->store))
        tell("The log dir was deleted, moved or replaced meanwhile; a further start runs again what has no "
             "row in it.\n");
    print_next_start(runner);
}
