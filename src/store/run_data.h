/* run_data.json: what a finished run leaves in its directory. */
#pragma once
#include "config/value.h"

/* The run_data.json of a directory as a value; NULL when there is none that is complete. */
struct value *store_run_data_read(const char *directory);
/* Adds its text. */
void store_run_data_add_json(struct text *out, const struct value *run_data);
