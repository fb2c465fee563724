#include "run/refusal.h"

#include "base/clock.h"
#include "run/runner.h"

static void on_over(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    runner->run_ready(runner);
}

void refusal_open(struct runner *runner)
{
    uv_timer_init(&runner->loop, &runner->refusal.timer);
    runner->refusal.timer.data = runner;
}

void refusal_close(struct refusal *refusal)
{
    uv_close((uv_handle_t *)&refusal->timer, NULL);
}

static void tell(struct runner *runner, const struct run *run)
{
    const struct trouble *trouble = &runner->refusal.trouble;
    char lasted[48];
    if (trouble->said == trouble->since) {
        log_line(
            runner->log, LOG_WARNING,
            "Thread %lld cannot be started now: %s%s - tried again every minute, at first more often, and "
            "when a run ends; until then nothing is started",
            (long long)run->id, trouble->err.text, trouble_remedy(&trouble->err));
        return;
    }
    duration_format(1e-9 * (double)(trouble->said - trouble->since), lasted);
    log_line(runner->log, LOG_WARNING, "Starts are still refused, for %s now: %s%s", lasted,
             trouble->err.text, trouble_remedy(&trouble->err));
}

void refusal_note(struct runner *runner, const struct run *run, const struct error *err)
{
    struct refusal *refusal = &runner->refusal;
    uint64_t seconds = refusal->tries < 6 ? UINT64_C(1) << refusal->tries++ : 60;
    if (trouble_note(&refusal->trouble, err))
        tell(runner, run);
    uv_timer_start(&refusal->timer, on_over, 1000 * seconds, 0);
}

bool refusal_holds(const struct refusal *refusal)
{
    return uv_is_active((const uv_handle_t *)&refusal->timer);
}

void refusal_hurry(struct refusal *refusal)
{
    uv_timer_stop(&refusal->timer);
}

void refusal_over(struct runner *runner)
{
    char lasted[48];
    runner->refusal.tries = 0;
    if (trouble_over(&runner->refusal.trouble, lasted))
        log_line(runner->log, LOG_INFO, "Runs are started again, after %s", lasted);
}
