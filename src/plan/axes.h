/* The axes of a config, and the way from a value to its index on an axis. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "plan/plan.h"

struct axes {
    struct axis *items; /* in config order */
    struct axis_lookup *lookups;
    size_t count;
};

/* Reads the arrays of config_keys(); a duplicate value is a warning and is left out. Values are borrowed from
 * the config. End with plan_axes_free(). */
void plan_axes_read(struct axes *axes, const struct config *config, struct faults *faults);
void plan_axes_free(struct axes *axes);

/* The index of the axis value equal to `value`; -1 when there is none. */
int64_t plan_axes_find(const struct axes *axes, size_t axis, const struct value *value);
/* The index of the axis of that key; -1 when there is none. */
int64_t plan_axes_find_key(const struct axes *axes, const char *key);

/* The product of all counts. Over 2^62 it is an error that names the axes, and the result is false. */
bool plan_axes_product(const struct axes *axes, uint64_t *product, struct faults *faults);
