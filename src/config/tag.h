/* The tags of YAML: !!float "0.001" is a number. Tags that furcate does not know are errors. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config/fault.h"
#include "config/value.h"

/* A tag as the parser resolves it; `name` is NULL where there is none: "tag:yaml.org,2002:float" for !!float,
 * "!" for the one without a name. */
struct tag {
    char *name;
    struct value_place place;
};

/*
 * Returns the value that a scalar has by its tag, or without one by its quotes. Where the tag is unknown, or
 * the text does not fit it, the fault is added and the value is what the text would be without a tag. One
 * reference.
 *
 * is_plain  the scalar has no quotes
 * place     of the text
 */
struct value *config_tag_scalar(const struct tag *tag, const char *text, size_t len, bool is_plain,
                                struct value_place place, struct faults *faults);
/* Adds the fault of an array or object whose tag says otherwise. */
void config_tag_check_container(const struct tag *tag, const struct value *container, struct faults *faults);
/* Adds the fault of a key whose tag is unknown. Returns whether the key is a plain word all the same, so that
 * << is the merge key. */
bool config_tag_check_key(const struct tag *tag, struct faults *faults);
