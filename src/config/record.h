/* Files of a run directory that are given as a config: config.json, furcate.json and run_data.json. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/*
 * Returns the config that made the record, with one value for each key; `root` itself when it is no record,
 * which has id and name in `meta.run`. Where somebody has edited the keys since, they count as they are:
 * an array is an axis then. Takes a reference of `root` over, returns one.
 *
 * path      of its file; an unedited file of a run directory counts as the furcate.json next to it, which
 *           `faults` get as a text next to the file
 * *log_dir  set to the log dir that the run directory is in; NULL: it is not known. free() it
 */
struct value *config_take_record(struct value *root, const char *path, char **log_dir, struct faults *faults);
/* Returns the config that spans these keys of a run and no other: what is an array becomes an axis of one
 * value. One reference. */
struct value *config_one_run(const struct value *keys);
