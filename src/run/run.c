#include "run/run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "run/announce.h"
#include "run/attempt.h"
#include "run/prepare.h"
#include "run/reload.h"
#include "run/retry.h"
#include "run/schedule.h"
#include "run/summary.h"

static void reload_when_possible(struct runner *runner)
{
    if (runner->reload_wanted && !runner->bookkeeping.busy && !runner->bookkeeping.failing &&
        !runner->closing)
        reload_config(runner);
}

static void on_commit_ended(void *context)
{
    struct runner *runner = context;
    if (runner->bookkeeping.failing)
        log_line(runner->log, LOG_WARNING,
                 "Results cannot be stored, so no run is started until they can: %s",
                 runner->bookkeeping.err.text);
    reload_when_possible(runner);
    schedule_go_on(runner);
}

static void on_edited(void *context)
{
    struct runner *runner = context;
    runner->reload_wanted = true;
    reload_when_possible(runner);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct runner *runner = handle->data;
    if (runner->stop_signal) {
        attempt_each(runner, attempt_kill);
        return;
    }
    runner->stop_signal = number;
    log_line(runner->log, LOG_INFO, "Stopping: running configs get %g s to end; once more stops them at once",
             config_meta(runner->config)->kill_grace);
    retry_drop_all(runner);
    attempt_each(runner, attempt_terminate);
    schedule_go_on(runner);
}

static void watch_signal(struct runner *runner, uv_signal_t *handle, int number)
{
    uv_signal_init(&runner->loop, handle);
    handle->data = runner;
    uv_signal_start(handle, on_signal, number);
}

static void watch_config(struct runner *runner)
{
    struct error err = {0};
    const char *path = config_path(runner->config);
    if (strcmp(path, "-") != 0 && !watch_open(&runner->watch, &runner->loop, path, on_edited, runner, &err))
        log_line(runner->log, LOG_WARNING, "%s", err.text);
}

static void carry_out(struct runner *runner)
{
    runner->started = clock_monotonic();
    uv_loop_init(&runner->loop);
    watch_signal(runner, &runner->interrupt, SIGINT);
    watch_signal(runner, &runner->terminate, SIGTERM);
    uv_idle_init(&runner->loop, &runner->search);
    uv_idle_init(&runner->loop, &runner->follow);
    runner->search.data = runner->follow.data = runner;
    bookkeeping_open(&runner->bookkeeping, &runner->loop, runner->store, on_commit_ended, runner);
    progress_open(&runner->progress, runner);
    watch_config(runner);
    announce_start(runner);
    bookkeeping_kick(&runner->bookkeeping); /* the config is to be remembered, also when all is done */
    schedule_go_on(runner);
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    uv_loop_close(&runner->loop);
    log_set_echo(runner->log, NULL, NULL);
}

static void release(struct runner *runner)
{
    for (size_t i = 0; i < runner->failures.count; i++)
        run_destroy(runner->failures.items[i].run);
    vector_free(&runner->failures);
    vector_free(&runner->ready);
    vector_free(&runner->waiting);
    taken_free(&runner->taken);
    store_close(runner->store);
    order_destroy(runner->order);
    plan_unref(runner->plan);
    config_unref(runner->config);
    slots_close(&runner->slots);
    command_destroy(runner->command);
    environment_destroy(runner->environment);
    launcher_destroy(runner->launcher);
}

static int report_error(const struct error *err, int system_status)
{
    if (err->text[0])
        fprintf(stderr, "furcate: %s\n", err->text);
    return err->kind == ERROR_DEVICE ? 3 : err->kind == ERROR_SYSTEM ? system_status : 2;
}

static int finish(struct runner *runner)
{
    runner_follow(runner, SIZE_MAX);
    summary_print(runner);
    if (runner->stop_signal)
        return 128 + runner->stop_signal;
    if (runner->fatal.kind != ERROR_NONE)
        return report_error(&runner->fatal, 1);
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

int runner_main(const struct runner_options *options)
{
    struct runner runner = {
        .options = options,
        .next_notice = 10 * 1000 * 1000,
        .attempt_ended = schedule_ended,
        .run_ready = schedule_go_on,
    };
    struct error err = {0};
    open_standard_files();
    signal(SIGPIPE, SIG_IGN);
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
