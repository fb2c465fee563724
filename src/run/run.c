#include "run/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"
#include "run/announce.h"
#include "run/attempt.h"
#include "run/prepare.h"
#include "run/reload.h"
#include "run/schedule.h"
#include "run/settle.h"
#include "run/signals.h"
#include "run/summary.h"

static void note_storing(struct runner *runner, const struct error *err)
{
    if (trouble_note(&runner->storing, err))
        log_line(runner->log, LOG_WARNING,
                 "Results cannot be stored, so no run is started until they can: %s%s", err->text,
                 trouble_remedy(err));
}

/* What the machine would not do for a start either may go well now. */
static void store_again(struct runner *runner)
{
    char lasted[48];
    if (!trouble_over(&runner->storing, lasted))
        return;
    log_line(runner->log, LOG_INFO, "Results are stored again, after %s", lasted);
    if (runner->fatal.kind == ERROR_SYSTEM)
        runner->fatal = (struct error){0};
}

/* Another runner has it now, and may be at the same runs. */
static void leave_log_dir(struct runner *runner, const struct error *err)
{
    if (runner->fatal.kind == ERROR_LOCKED)
        return;
    runner->fatal = *err;
    log_line(runner->log, LOG_WARNING, "The log dir was deleted, moved or replaced, so this runner stops: %s",
             err->text);
    attempt_each(runner, attempt_terminate);
}

static void on_commit_ended(void *context)
{
    struct runner *runner = context;
    if (runner->bookkeeping.err.kind == ERROR_LOCKED)
        leave_log_dir(runner, &runner->bookkeeping.err);
    else if (runner->bookkeeping.failing)
        note_storing(runner, &runner->bookkeeping.err);
    else
        store_again(runner);
    reload_go_on(runner);
    schedule_go_on(runner);
}

static void on_edited(void *context, struct text *content)
{
    reload_want(context, content);
}

static void watch_config(struct runner *runner)
{
    if (runner->config_content)
        watch_open(&runner->watch, &runner->loop, runner->reload.readers, runner->log,
                   config_path(runner->config), runner->config_content, on_edited, runner);
}

static void begin(struct runner *runner)
{
    if (runner->guard->detached)
        tell("furcate goes on in the background; its log: %s/furcate.log; to stop it: kill %ld\n",
             store_directory(runner->store), (long)runner->guard->guardian);
    guard_started(runner->guard, log_file(runner->log));
}

/* Finishes the runs that had ended well when an earlier runner was killed. */
static void finish_unread(struct runner *runner)
{
    struct run *run;
    struct attempt_end end;
    while ((run = store_take_unread(runner->store, &end))) {
        bool is_planned = runner_take(runner, run);
        runner->finished += is_planned;
        runner->others += !is_planned;
        bookkeeping_finish(&runner->bookkeeping, run, &end, runner->config, false);
    }
}

static void carry_out(struct runner *runner)
{
    begin(runner);
    runner->started = clock_monotonic();
    reload_open(runner);
    watch_config(runner); /* while ^C still ends this process, should the file server be away */
    signals_open(runner);
    uv_idle_init(&runner->loop, &runner->search);
    runner->search.data = runner;
    bookkeeping_open(&runner->bookkeeping, &runner->loop, runner->store, on_commit_ended, runner);
    progress_open(&runner->progress, runner);
    trees_open(&runner->trees, &runner->loop, runner->log, runner->guard->group);
    refusal_open(runner);
    fail_fast_open(runner);
    places_open(runner);
    settle_open(runner);
    oom_open(&runner->oom);
    vanish_open(runner);
    warm_open(runner);
    announce_start(runner);
    finish_unread(runner);
    bookkeeping_kick(&runner->bookkeeping); /* the config is to be remembered, also when all is done */
    schedule_go_on(runner);
    watchdog_open(&runner->watchdog, &runner->loop, getenv("FURCATE_WATCHDOG"));
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    uv_loop_close(&runner->loop);
    log_set_echo(runner->log, NULL, NULL);
}

static void release(struct runner *runner)
{
    for (size_t i = 0; i < runner->failures.count; i++) {
        run_destroy(runner->failures.items[i].run);
        free(runner->failures.items[i].error_tail);
    }
    vector_free(&runner->failures);
    free(runner->fault_example);
    vector_free(&runner->ready);
    vector_free(&runner->waiting);
    taken_free(&runner->taken);
    text_free(&runner->other_rows);
    store_close(runner->store);
    trees_free(&runner->trees);
    fail_fast_free(&runner->fail_fast);
    places_free(&runner->places);
    oom_close(&runner->oom);
    warm_free(&runner->warm);
    order_destroy(runner->order);
    plan_unref(runner->plan);
    config_unref(runner->config);
    slots_close(&runner->slots);
    command_unref(runner->command);
    code_free(&runner->code);
    environment_destroy(runner->environment);
    launcher_destroy(runner->launcher);
    free(runner->cwd);
}

static int report_error(const struct error *err, int system_status)
{
    CLEANUP(text_free) struct text lines = {0};
    if (err->text[0])
        text_addf(&lines, "furcate: %s%s\n", err->text, trouble_remedy(err));
    tell_lines(text_get(&lines));
    bool of_system = err->kind == ERROR_SYSTEM || err->kind == ERROR_LOCKED;
    return err->kind == ERROR_DEVICE ? 3 : of_system ? system_status : 2;
}

static int finish(struct runner *runner)
{
    runner_follow(runner, SIZE_MAX);
    summary_print(runner);
    if (runner->stop_signal)
        return 128 + runner->stop_signal;
    if (runner->fatal.kind != ERROR_NONE)
        return report_error(&runner->fatal, 1);
    if (runner->fail_fast.stopped)
        return 1;
    return runner->failures.count > 0 ? 1 : 0;
}

/* The attempts' three files must not land on 0, 1 or 2 of a runner started without them. */
static void open_standard_files(void)
{
    int fd;
    while ((fd = open("/dev/null", O_RDWR)) >= 0 && fd <= 2)
        ;
    file_close_fd(&fd);
}

static int run_plan(struct guard *guard, void *context)
{
    struct runner runner = {
        .options = context,
        .guard = guard,
        .next_notice = 10 * 1000 * 1000,
        .attempt_ended = schedule_ended,
        .run_ready = schedule_go_on,
    };
    struct error err = {0};
    int status;
    if (prepare_runner(&runner, &err)) {
        carry_out(&runner);
        status = finish(&runner);
    } else {
        status = report_error(&err, 2);
    }
    release(&runner);
    return status;
}

int runner_main(const struct runner_options *options)
{
    struct error err = {0};
    if (!limits_check_stack(&err))
        return report_error(&err, 2);
    open_standard_files();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file too large for ulimit -f is an error like others */
    return guard_run(run_plan, (void *)options, options->detach);
}
