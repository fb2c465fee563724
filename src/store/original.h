/* Copies of run directories, as people make them for safety, and links to them: the run has its own still. */
#pragma once
#include <stdbool.h>

#include "store/run_record.h"

/* Returns the base name of the directory that the record was written into; free() it. */
char *store_given_name(const struct run_record *record);
/*
 * Returns whether a folder of the log dir is not the directory of the run whose record it has, since that is
 * there under the name that furcate gave it, with the same record. A directory that was renamed is the run's.
 * Returns the base name of the run's directory in *original, free() it, when it is a copy.
 */
bool store_is_copy(const char *log_dir, const char *base_name, const struct run_record *record,
                   char **original);
