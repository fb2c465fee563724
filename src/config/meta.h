/* The object `meta` of a config. */
#pragma once
#include "config/config.h"
#include "config/rule.h"

/* Adds the faults of what the file has as `meta`. */
void config_meta_check(const struct value *given, struct faults *faults);
/* Returns `meta` with its defaults and the user's own keys, less what says which run it was; `given` may be
 * NULL. One reference. */
struct value *config_meta_complete(const struct value *given);
/*
 * Returns the edited `meta` with what `current` has for the keys that a running furcate does not follow. Both
 * are complete. Adds the names of those that differ to `differing`: "meta.gpus and meta.program". One
 * reference.
 */
struct value *config_meta_keep_fixed(const struct value *edited, const struct value *current,
                                     struct text *differing);
/* A `meta` with no more than the exclude entries of `given`, when it is an object and they are objects. One
 * reference. */
struct value *config_meta_entries_alone(const struct value *given);
/* Fills in *meta from a complete and good `meta`, from which it borrows. */
void config_meta_fill(const struct value *complete, struct config_meta *meta);
/* The key of meta of this name that nobody has for his own; NULL: there is none. */
const char *config_meta_find_ours(const char *key);
/* Returns whether the i-th key at the top of a config is none, and was most likely meant as `meta`. */
bool config_meta_is_meant(const struct value *root, size_t i);
