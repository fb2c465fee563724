#include "run/signals.h"

#include <signal.h>

#include "base/clock.h"
#include "run/attempt.h"
#include "run/pause.h"
#include "run/retry.h"
#include "run/schedule.h"

/* A batch system, systemd or pkill sends a signal to guardian and runner both, and the guardian passes its
 * own on: what arrives within a second of the first is the same request. */
static const int64_t one_request_ns = 1000000000;

static void stop(struct runner *runner, int number)
{
    runner->stop_signal = number;
    runner->stopped = clock_monotonic();
    pause_end(runner); /* what is stopped could not obey */
    retry_drop_all(runner);
}

static void stop_at_once(struct runner *runner)
{
    runner->at_once = true;
    attempt_each(runner, attempt_kill);
    schedule_go_on(runner);
}

/* Names a signal by what the person at the terminal has done. */
static const char *describe(int number)
{
    switch (number) {
    case SIGINT:
        return "SIGINT (^C)";
    case SIGHUP:
        return "SIGHUP (the terminal was closed)";
    default:
        return "SIGTERM";
    }
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct runner *runner = handle->data;
    if (runner->stop_signal) {
        if (clock_monotonic() - runner->stopped >= one_request_ns)
            stop_at_once(runner);
        return;
    }
    log_line(runner->log, LOG_INFO,
             "Stopping after %s: running configs get %g s to end; another such signal, a second or more from "
             "now, ends them at once",
             describe(number), config_meta(runner->config)->kill_grace);
    /* A terminal that is gone asks for the same as SIGTERM. */
    stop(runner, number == SIGINT ? SIGINT : SIGTERM);
    attempt_each(runner, attempt_terminate);
    schedule_go_on(runner);
}

static void on_pause(uv_signal_t *handle, int number)
{
    (void)number;
    pause_begin(handle->data);
}

static void on_continue(uv_signal_t *handle, int number)
{
    (void)number;
    pause_end(handle->data);
}

/* Was ended by SIGKILL, or has crashed: nobody would end the attempts if this process were to follow it. */
static void on_guardian_gone(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct runner *runner = handle->data;
    uv_poll_stop(handle);
    log_line(runner->log, LOG_WARNING, "The process that furcate was started as is gone: stopping at once");
    stop(runner, SIGKILL);
    stop_at_once(runner);
}

static const struct {
    int number;
    uv_signal_cb handler;
} handled[RUNNER_SIGNALS] = {
    {SIGINT, on_stop}, {SIGTERM, on_stop}, {SIGHUP, on_stop}, {SIGTSTP, on_pause}, {SIGCONT, on_continue},
};

/* A signal that was ignored when furcate started stays so: nohup does that with SIGHUP, and a script with
 * SIGINT for what it starts with "&". */
static bool is_heard(const struct runner *runner, int number)
{
    if (number == SIGHUP && runner->guard->detached)
        return false;
    return number == SIGCONT || !signal_is_ignored(number);
}

void signals_open(struct runner *runner)
{
    for (int i = 0; i < RUNNER_SIGNALS; i++) {
        uv_signal_init(&runner->loop, &runner->signals[i]);
        runner->signals[i].data = runner;
        if (is_heard(runner, handled[i].number))
            uv_signal_start(&runner->signals[i], handled[i].handler, handled[i].number);
    }
    uv_poll_init(&runner->loop, &runner->guardian, runner->guard->channel);
    runner->guardian.data = runner;
    uv_poll_start(&runner->guardian, UV_READABLE | UV_DISCONNECT, on_guardian_gone);
}

void signals_close(struct runner *runner)
{
    for (int i = 0; i < RUNNER_SIGNALS; i++)
        uv_close((uv_handle_t *)&runner->signals[i], NULL);
    uv_close((uv_handle_t *)&runner->guardian, NULL);
}
