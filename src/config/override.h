/* Keys given beside the file, as "key=value" on the command line. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

/*
 * Returns the object of the file with the overrides in place; a reference of it is taken over, one is
 * returned. An override is a key, or a path of keys joined by points into an object, then '=' and a JSON or
 * YAML value; of two for one key the later counts. A key that holds points itself goes before the path. Keys
 * keep their place, and new ones follow them. The objects of a path must be there, other than in meta. Adds
 * the faults of what is no override or no value, and of paths that lead nowhere; such are left out.
 */
struct value *config_override(struct value *root, char *const *overrides, struct faults *faults);
