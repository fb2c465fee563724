#include "run/retry.h"

#include <stdlib.h>

#include "base/memory.h"

struct retry {
    uv_timer_t timer;
    struct runner *runner;
    struct run *run;
};

static void free_retry(uv_handle_t *handle)
{
    free(handle->data);
}

static void forget(struct runner *runner, const struct retry *retry)
{
    for (size_t i = 0; i < runner->waiting.count; i++)
        if (runner->waiting.items[i] == retry) {
            runner->waiting.items[i] = runner->waiting.items[--runner->waiting.count];
            return;
        }
}

static void on_over(uv_timer_t *timer)
{
    struct retry *retry = timer->data;
    struct runner *runner = retry->runner;
    forget(runner, retry);
    vector_push(&runner->ready, retry->run);
    uv_close((uv_handle_t *)timer, free_retry);
    runner->run_ready(runner);
}

void retry_later(struct runner *runner, struct run *run)
{
    int failed = run->attempt - run->earlier;
    uint64_t seconds = failed < 7 ? UINT64_C(1) << (failed - 1) : 60;
    struct retry *retry = memory_new(1, sizeof *retry);
    retry->runner = runner;
    retry->run = run;
    uv_timer_init(&runner->loop, &retry->timer);
    retry->timer.data = retry;
    uv_timer_start(&retry->timer, on_over, 1000 * (seconds < 60 ? seconds : 60), 0);
    vector_push(&runner->waiting, retry);
}

void retry_drop_all(struct runner *runner)
{
    for (size_t i = 0; i < runner->waiting.count; i++) {
        run_destroy(runner->waiting.items[i]->run);
        uv_close((uv_handle_t *)&runner->waiting.items[i]->timer, free_retry);
    }
    for (size_t i = 0; i < runner->ready.count; i++)
        run_destroy(runner->ready.items[i]);
    runner->waiting.count = runner->ready.count = 0;
}

void retry_take(struct runner *runner)
{
    for (size_t i = runner->waiting.count; i-- > 0;) {
        struct retry *retry = runner->waiting.items[i];
        if (runner_take(runner, retry->run))
            continue;
        run_destroy(retry->run);
        uv_close((uv_handle_t *)&retry->timer, free_retry);
        runner->waiting.items[i] = runner->waiting.items[--runner->waiting.count];
    }
    for (size_t i = runner->ready.count; i-- > 0;) {
        if (runner_take(runner, runner->ready.items[i]))
            continue;
        run_destroy(runner->ready.items[i]);
        runner->ready.items[i] = runner->ready.items[--runner->ready.count];
    }
}

void retry_each(struct runner *runner, void (*visit)(struct runner *runner, const struct run *run))
{
    for (size_t i = 0; i < runner->waiting.count; i++)
        visit(runner, runner->waiting.items[i]->run);
    for (size_t i = 0; i < runner->ready.count; i++)
        visit(runner, runner->ready.items[i]);
}
