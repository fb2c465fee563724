/* Arrays within objects, which are no axes. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/* Warns once of arrays within the objects of a config that look as if they were meant as axes. */
void config_nested_check(const struct value *root, struct faults *faults);
