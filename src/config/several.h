/* Unquoted strings that were most likely meant as several values: brackets or commas were forgotten. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/* Warns of each in the keys of a config and in its exclude_configs; of many, of the first and how many there
 * are. */
void config_several_check(const struct value *root, struct faults *faults);
