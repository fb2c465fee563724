/* run_data.json: what a finished run leaves in its directory. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "config/value.h"
#include "store/store.h"

#define RUN_DATA_FILE "run_data.json"
/* Where the program of a run has a file of its own by that name. */
#define OTHER_RUN_DATA_FILE "furcate_run_data.json"

/*
 * Reads a file of a directory as an object; NULL when it is none, or none that is complete. Returns false
 * with err set when the machine does not let us know: such a run must not be taken for one that is yet to be
 * done.
 */
bool store_read_object(const char *directory, const char *name, struct value **object, struct error *err);
/* A new object with the members of `object`, which may be NULL. */
struct value *store_copy_object(const struct value *object);
/* Adds the text of a record or of run_data.json. */
void store_run_data_add_json(struct text *out, const struct value *run_data);
/* The same of a run that left `data` as its meta.data, from the text of its record, which ends with meta. */
void store_run_data_complete(struct text *out, const char *record, const struct value *data);
/* Returns the name of the file that the runner writes the results of a run into. */
const char *store_run_data_name(const struct run *run);
