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

enum arrange_for {
    ARRANGE_CONFIG, /* config order */
    ARRANGE_NODES,  /* few nodes: for entries that leave most axes apart */
    ARRANGE_TAILS,  /* few open entries on the last levels: for entries that tie all axes together */
};

/* Without entries it is config order in any case. The same axes and entries give the same arrangement on
 * every machine. */
void plan_arrange(struct arrangement *arrangement, const struct axes *axes,
                  const struct exclusions *exclusions, enum arrange_for purpose);
void plan_arrangement_free(struct arrangement *arrangement);
