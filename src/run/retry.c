#include "run/retry.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct retry {
    uv_timer_t timer;
    struct runner *runner;
    struct failure failure;
};

static void free_retry(uv_handle_t *handle)
{
    struct retry *retry = handle->data;
    free(retry->failure.error_tail);
    free(retry);
}

static void forget(struct runner *runner, const struct retry *retry)
{
    for (size_t i = 0; i < runner->waiting.count; i++)
        if (runner->waiting.items[i] == retry) {
            runner->waiting.items[i] = runner->waiting.items[--runner->waiting.count];
            return;
        }
}

/* To be started after those that are ready already, which are taken from the end. */
static void make_ready(struct runner *runner, struct run *run)
{
    vector_push(&runner->ready, run);
    memmove(runner->ready.items + 1, runner->ready.items,
            (runner->ready.count - 1) * sizeof *runner->ready.items);
    runner->ready.items[0] = run;
}

static void on_over(uv_timer_t *timer)
{
    struct retry *retry = timer->data;
    struct runner *runner = retry->runner;
    forget(runner, retry);
    make_ready(runner, retry->failure.run);
    uv_close((uv_handle_t *)timer, free_retry);
    runner->run_ready(runner);
}

bool retry_is_allowed(const struct runner *runner, const struct run *run)
{
    return run->attempt - run->earlier <= config_meta(runner->config)->retries &&
           run->rank != RUNNER_NO_RANK && !runner->fail_fast.stopped;
}

void retry_later(struct runner *runner, const struct failure *failure)
{
    int failed = failure->run->attempt - failure->run->earlier;
    uint64_t seconds = failed < 7 ? UINT64_C(1) << (failed - 1) : 60;
    struct retry *retry = memory_new(1, sizeof *retry);
    retry->runner = runner;
    retry->failure = *failure;
    uv_timer_init(&runner->loop, &retry->timer);
    retry->timer.data = retry;
    uv_timer_start(&retry->timer, on_over, 1000 * (seconds < 60 ? seconds : 60), 0);
    vector_push(&runner->waiting, retry);
}

void retry_elsewhere(struct runner *runner, const struct failure *failure)
{
    failure->run->earlier = failure->run->attempt;
    make_ready(runner, failure->run);
    free(failure->error_tail);
}

static void revive(struct runner *runner, const struct failure *failure)
{
    log_line(runner->log, LOG_INFO, "Thread %lld will be tried on another GPU", (long long)failure->run->id);
    store_add_state(runner->store, failure->run, false);
    bookkeeping_kick(&runner->bookkeeping);
    retry_elsewhere(runner, failure);
}

static bool revive_waiting(struct runner *runner, int64_t id)
{
    for (size_t i = 0; i < runner->waiting.count; i++) {
        struct retry *retry = runner->waiting.items[i];
        if (retry->failure.run->id != id)
            continue;
        forget(runner, retry);
        revive(runner, &retry->failure);
        retry->failure.error_tail = NULL;
        uv_close((uv_handle_t *)&retry->timer, free_retry);
        return true;
    }
    return false;
}

void retry_revive(struct runner *runner, int64_t id)
{
    if (revive_waiting(runner, id))
        return;
    for (size_t i = 0; i < runner->failures.count; i++) {
        struct failure failure = runner->failures.items[i];
        if (failure.run->id != id || failure.run->rank == RUNNER_NO_RANK)
            continue;
        memmove(&runner->failures.items[i], &runner->failures.items[i + 1],
                (--runner->failures.count - i) * sizeof failure);
        revive(runner, &failure);
        return;
    }
}

void retry_drop_all(struct runner *runner)
{
    for (size_t i = 0; i < runner->waiting.count; i++) {
        run_destroy(runner->waiting.items[i]->failure.run);
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
        if (runner_take(runner, retry->failure.run))
            continue;
        run_destroy(retry->failure.run);
        uv_close((uv_handle_t *)&retry->timer, free_retry);
        runner->waiting.items[i] = runner->waiting.items[--runner->waiting.count];
    }
    size_t kept = 0;
    for (size_t i = 0; i < runner->ready.count; i++) {
        struct run *run = runner->ready.items[i];
        if (runner_take(runner, run))
            runner->ready.items[kept++] = run;
        else
            run_destroy(run);
    }
    runner->ready.count = kept;
}

void retry_each(struct runner *runner, void (*visit)(struct runner *runner, const struct run *run))
{
    for (size_t i = 0; i < runner->waiting.count; i++)
        visit(runner, runner->waiting.items[i]->failure.run);
    for (size_t i = 0; i < runner->ready.count; i++)
        visit(runner, runner->ready.items[i]);
}

static void tell(struct runner *runner, const struct run *run, const char *what)
{
    log_line(runner->log, LOG_WARNING, "Thread %lld %s: meta.retries is %d", (long long)run->id, what,
             config_meta(runner->config)->retries);
}

static void give_up_waiting(struct runner *runner)
{
    for (size_t i = runner->waiting.count; i-- > 0;) {
        struct retry *retry = runner->waiting.items[i];
        if (retry_is_allowed(runner, retry->failure.run))
            continue;
        tell(runner, retry->failure.run, "given up");
        store_add_state(runner->store, retry->failure.run, true);
        runner_give_up(runner, &retry->failure);
        retry->failure.error_tail = NULL;
        uv_close((uv_handle_t *)&retry->timer, free_retry);
        runner->waiting.items[i] = runner->waiting.items[--runner->waiting.count];
    }
}

static void revive_given_up(struct runner *runner)
{
    size_t kept = 0;
    for (size_t i = 0; i < runner->failures.count; i++) {
        const struct failure *failure = &runner->failures.items[i];
        if (!retry_is_allowed(runner, failure->run)) {
            runner->failures.items[kept++] = *failure;
            continue;
        }
        tell(runner, failure->run, "will be tried again");
        store_add_state(runner->store, failure->run, false);
        retry_later(runner, failure);
    }
    runner->failures.count = kept;
}

void retry_follow(struct runner *runner)
{
    if (runner->stop_signal)
        return;
    revive_given_up(runner);
    give_up_waiting(runner);
    bookkeeping_kick(&runner->bookkeeping);
}
