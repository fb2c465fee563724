#include "run/runner.h"

bool runner_take(struct run *run, const struct plan *plan, struct number_set *taken)
{
    run->rank = RUNNER_NO_RANK;
    if (!plan_find(plan, run->keys, &run->rank))
        return false;
    number_set_add(taken, run->rank);
    return true;
}

uint64_t runner_left(const struct runner *runner)
{
    uint64_t left = plan_count(runner->plan) - runner->taken.count;
    return left + runner->ready.count + runner->waiting.count;
}
