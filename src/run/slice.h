/* How long the loop may compute at a stretch. What takes longer is done in slices, between which events are
 * seen to. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

static inline bool slice_is_over(int64_t begun)
{
    return clock_monotonic() - begun > 5000000;
}
