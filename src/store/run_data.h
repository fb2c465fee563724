/* run_data.json: what a finished run leaves in its directory. */
#pragma once
#include "config/value.h"

/* The run_data.json of a directory as a value; NULL when there is none that is complete. */
struct value *store_run_data_read(const char *directory);
/* A new object with the members of `object`, which may be NULL. */
struct value *store_copy_object(const struct value *object);
/* Adds the text of run_data.json, or of config.json. */
void store_run_data_add_json(struct text *out, const struct value *run_data);
