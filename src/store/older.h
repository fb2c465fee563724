/* Runs that furcate 0.1.0 has started: their config.json had defaults among the keys, also that of a program.
 */
#pragma once
#include <stddef.h>

#include "store/run_record.h"

enum { RECORD_MEANINGS = 3 };

/*
 * Makes the permutations that a record may be of: its keys; when it was read from a config.json of a program
 * also its keys without the defaults that furcate put after them, where one may not tell whether data_name
 * is among these. One reference each. Returns how many.
 */
size_t store_older_meanings(const struct run_record *record, struct value *meanings[RECORD_MEANINGS]);
/* Whether the record is of this permutation in any of its meanings. */
bool store_older_is_of(const struct run_record *record, const struct value *keys);
