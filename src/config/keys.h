/* The keys of a config but `meta` and `$schema`. */
#pragma once
#include "config/config.h"

#define CONFIG_LOG_DIR "logs" /* where the config names none */

/* Adds the faults of all keys of the file's object but `meta`. `path`: of the file. */
void config_keys_check(const struct value *given, const char *path, enum config_use use,
                       struct faults *faults);
/* Returns the value of one of the spec's keys where it is as the spec has it; NULL: it is not, or not there.
 */
const struct value *config_keys_serving(const struct value *given, const char *key);
/* Makes the name of the runs from the name of the file, without its ending. One reference. */
struct value *config_keys_name_from_path(const char *path);
/* Makes all keys that have a default, in the order of the spec. One reference. */
struct value *config_keys_defaults(const char *data_name);
/* Returns whether it is a key of furcate's that holds any word, as data_name does. */
bool config_keys_takes_word(const char *key);
size_t config_keys_count_given(const struct value *given);
/* Makes the keys of the file, then the defaults of those it leaves out. One reference. */
struct value *config_keys_complete(const struct value *given, const struct value *defaults);
/* Gives the framework of a Fork's keys, which were checked, the one name that it has for all: a run is the
 * same however its config spells that. Keys without one stay so: the Fork finds its framework by itself then.
 */
void config_keys_name_framework(struct value *keys);
