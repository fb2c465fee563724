/* run_data.json: what a finished run leaves in its directory. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "config/value.h"

/*
 * Reads the run_data.json of a directory as a value; NULL when there is none that is complete. Returns false
 * with err set when the machine does not let us know: such a run must not be taken for one that is yet to be
 * done.
 */
bool store_run_data_read(const char *directory, struct value **run_data, struct error *err);
/* The same for its config.json. */
bool store_run_config_read(const char *directory, struct value **config, struct error *err);
/* A new object with the members of `object`, which may be NULL. */
struct value *store_copy_object(const struct value *object);
/* Adds the text of run_data.json, or of config.json. */
void store_run_data_add_json(struct text *out, const struct value *run_data);
/* The same of a run that left `data` as its meta.data, from the text of its config.json, which ends with
 * meta. */
void store_run_data_complete(struct text *out, const char *config_json, const struct value *data);
