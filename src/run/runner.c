#include "run/runner.h"

uint64_t runner_left(const struct runner *runner)
{
    uint64_t left = plan_count(runner->plan) - runner->taken.count;
    return left + runner->ready.count + runner->waiting.count;
}
