#include "run/runner.h"

#include <stdlib.h>

#include "base/memory.h"
#include "run/attempt.h"

bool runner_take(struct runner *runner, struct run *run)
{
    run->rank = RUNNER_NO_RANK;
    if (!plan_find(runner->plan, run->keys, &run->rank))
        return false;
    taken_add(&runner->taken, run->rank);
    return true;
}

void runner_give_up(struct runner *runner, struct failure *failure)
{
    if (runner->failures.count >= RUNNER_FAILURES_SHOWN) {
        free(failure->error_tail);
        failure->error_tail = memory_copy_text("");
    }
    vector_push(&runner->failures, *failure);
}

uint64_t runner_left(const struct runner *runner)
{
    uint64_t left = plan_count(runner->plan) - taken_count(&runner->taken);
    return left + runner->ready.count + runner->waiting.count;
}

static bool is_planned(const struct attempt *attempt)
{
    return attempt && attempt->run->rank != RUNNER_NO_RANK;
}

uint64_t runner_remaining(const struct runner *runner)
{
    uint64_t remaining = runner_left(runner);
    for (size_t i = 0; i < runner->slots.all.count; i++)
        remaining += is_planned(runner->slots.all.items[i]->attempt);
    for (size_t i = 0; i < runner->unsettled.attempts.count; i++)
        remaining += is_planned(runner->unsettled.attempts.items[i]);
    return remaining;
}

bool runner_follow(struct runner *runner, size_t most)
{
    uint64_t gone = 0;
    bool more = taken_step(&runner->taken, most, &gone);
    runner->finished -= gone;
    runner->others += gone;
    return more;
}
