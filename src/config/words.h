/* Unquoted yes, no, on and off, which are strings here and booleans in YAML 1.1. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/* Warns of each in the keys of a config and in its exclude_configs; of many, of the first and how many there
 * are. */
void config_words_check(const struct value *root, struct faults *faults);
