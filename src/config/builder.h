/* Puts a value together from its parts in the order of the text. Faults are added where they are seen, and
 * false returned when there is no going on. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/vector.h"
#include "config/fault.h"
#include "config/value.h"

/* An array or object that is being read. */
struct frame {
    struct value *container;
    struct value *merged; /* of the key <<; an object or an array of them */
    bool merges;          /* the value that comes next is that one */
    char *key;            /* whose value comes next; NULL: a key comes next */
    struct value_place key_place;
    char *anchor;        /* NULL: none */
    size_t nodes_before; /* read when it began */
    size_t levels;       /* of arrays and objects within it, so far */
    bool in_flow;        /* written with brackets */
};

struct builder {
    struct faults *faults;
    VECTOR(struct frame) frames;
    VECTOR(struct anchor) anchors;
    struct text_map anchor_names; /* to an index of anchors */
    size_t nodes;
    struct value *root;
};

/* The innermost array or object not yet closed; NULL: none. Valid until the next call. */
struct frame *config_builder_top(struct builder *builder);
bool config_builder_wants_key(struct builder *builder);
/* Adds a fault and returns false. */
bool config_builder_fail(struct builder *builder, struct value_place place, const char *message);

/* `is_plain`: without quotes, so that << is the merge key. */
bool config_builder_add_key(struct builder *builder, const char *key, size_t len, bool is_plain,
                            struct value_place place);
/* Takes over `scalar`; `anchor` may be NULL. */
bool config_builder_add_scalar(struct builder *builder, struct value *scalar, const char *anchor);
bool config_builder_add_alias(struct builder *builder, const char *name, struct value_place place);
/* Takes over `container`. */
bool config_builder_open(struct builder *builder, struct value *container, const char *anchor, bool in_flow);
bool config_builder_close(struct builder *builder);
/* Frees all but the root, which is the caller's. */
void config_builder_free(struct builder *builder);
