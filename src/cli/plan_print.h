/* The formats of `furcate plan`. */
#pragma once
#include <stdint.h>

#include "plan/plan.h"

struct plan_view {
    struct plan *plan;
    struct order *order;
    uint64_t done;          /* permutations of the plan that have a row */
    uint64_t offset, limit; /* of the listed runs, in run order */
};

void plan_print_table(const struct plan_view *view);
void plan_print_csv(const struct plan_view *view);
void plan_print_json(const struct plan_view *view);
