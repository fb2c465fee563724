/* What `furcate plan` prints. */
#pragma once
#include <stdint.h>

#include "base/hash.h"
#include "cli/plan_rows.h"
#include "plan/plan.h"

struct plan_view {
    struct plan *plan;
    enum plan_format format;
    struct number_set done;        /* ranks of the permutations that have a row */
    const char *other_rows;        /* lines on rows that match none, each ended by a newline */
    uint64_t offset, limit;        /* of the listed runs, in run order */
    const struct command *command; /* NULL: no program was given */
    uint64_t commands;             /* how many of the listed runs' commands a table shows */
};

/* The plan: axes, counts, runs. */
void plan_print(const struct plan_view *view);
/* What of it joins, stays and goes beside the plan before; offset and limit count for each of the two lists.
 */
void plan_print_change(const struct plan_view *view, struct plan *before);

/* --- for both --- */

/* The header of PLAN_CSV: `before` (NULL: none), the keys of `columns`, "label". */
void plan_print_csv_header(const char *before, const struct value *columns);
