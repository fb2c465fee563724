/* Keys given beside the file, as "key=value" on the command line. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/*
 * The object of the file with the overrides in place; a reference of it is taken over, one is returned. An
 * override is a key, or "meta." and the path to one within meta, then '=' and a JSON or YAML value; of two
 * for one key the later counts. Keys keep their place, new ones go behind them. Adds the faults of what is no
 * override or no value; such are left out.
 */
struct value *config_override(struct value *root, char *const *overrides, struct faults *faults);
