/* Which axis stands at which level of the diagram. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "plan/exclusion.h"

/* Level 0 is decided first and varies slowest. Axes of one value have no level. */
struct arrangement {
    uint32_t *axes; /* the axis of each level */
    size_t count;
};

/*
 * Keeps config order when that is asked for or when nothing is excluded; else chooses an order that keeps the
 * diagram small. The same axes and entries give the same arrangement on every machine.
 */
void plan_arrange(struct arrangement *arrangement, const struct axes *axes,
                  const struct exclusions *exclusions, bool config_order);
void plan_arrangement_free(struct arrangement *arrangement);
