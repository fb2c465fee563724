/* The keys of a config but `meta` and `$schema`. */
#pragma once
#include "config/config.h"

/* Adds the faults of all keys of the file's object but `meta`. */
void config_keys_check(const struct value *given, enum config_use use, struct faults *faults);
/* Returns whether it is a key of furcate's that holds any word, as data_name does. */
bool config_keys_takes_word(const char *key);
/* All keys that have a default, in the order of the spec. `path`: of the file. One reference. */
struct value *config_keys_defaults(const struct value *given, const char *path, enum config_use use);
size_t config_keys_count_given(const struct value *given);
/* The keys of the file, then the defaults of those it leaves out. One reference. */
struct value *config_keys_complete(const struct value *given, const struct value *defaults);
