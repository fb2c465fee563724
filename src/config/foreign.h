/* Files of other tools that span a grid in another way. */
#pragma once
#include <stdbool.h>

#include "config/fault.h"
#include "config/value.h"

/* Returns whether the file is plainly one for another tool, and adds the fault then: an error where furcate
 * would make one run of it. */
bool config_foreign_check(const struct value *root, struct faults *faults);
