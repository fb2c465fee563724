#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Adds the finite values of a curve over `epochs` (NULL: 1, 2, …) as lines "EPOCH VALUE POINT_SIZE" for
 * gnuplot, and an empty line where the curve has a gap. A curve without two neighbouring values (a validation
 * every five epochs) has no gaps: its values are joined. Of a long curve the highest and lowest values of
 * each stretch are shown. Returns false, and adds nothing, when there is no finite value.
 */
bool report_curve_add(struct text *data, const double *epochs, const double *values, size_t count);
