#include "config/builder.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Guards against files made to exhaust the machine: values are freed by recursion, and an alias can stand for
 * many values ("billion laughs"). */
enum { deepest = 100, most_nodes = 1000000 };

struct anchor {
    struct value *value;
    size_t nodes;  /* that an alias stands for */
    size_t levels; /* of arrays and objects; 0 for a scalar */
};

bool config_builder_fail(struct builder *builder, struct value_place place, const char *message)
{
    fault_add(builder->faults, FAULT_ERROR, place, "%s", message);
    return false;
}

struct frame *config_builder_top(struct builder *builder)
{
    return builder->frames.count ? &builder->frames.items[builder->frames.count - 1] : NULL;
}

bool config_builder_wants_key(struct builder *builder)
{
    const struct frame *frame = config_builder_top(builder);
    return frame && value_kind(frame->container) == VALUE_OBJECT && !frame->key;
}

static void report_duplicate(struct builder *builder, const struct value *object, const char *key,
                             struct value_place place)
{
    size_t first = 0;
    while (strcmp(value_key(object, first), key) != 0)
        first++;
    fault_add(builder->faults, FAULT_ERROR, place, "'%s' is given twice, first in line %u; remove one", key,
              value_key_place(object, first).line);
}

bool config_builder_add_key(struct builder *builder, const char *key, size_t len, bool is_plain,
                            struct value_place place)
{
    struct frame *frame = config_builder_top(builder);
    if (len > 0 && memchr(key, '\0', len))
        return config_builder_fail(builder, place, "this key holds a NUL character; remove it");
    frame->key = memory_copy_bytes(key, len);
    frame->key_place = place;
    frame->merges = is_plain && strcmp(frame->key, "<<") == 0;
    if (value_get(frame->container, frame->key))
        report_duplicate(builder, frame->container, frame->key, place);
    return true;
}

static void set_member(struct frame *frame, struct value *value)
{
    if (frame->merges) {
        value_unref(frame->merged);
        frame->merged = value;
    } else {
        bool is_new = !value_get(frame->container, frame->key);
        value_object_set(frame->container, frame->key, value);
        if (is_new)
            value_set_key_place(frame->container, frame->key, frame->key_place);
    }
    free(frame->key);
    frame->key = NULL;
}

/* Puts a complete value where it belongs; takes it over. */
static bool add_value(struct builder *builder, struct value *value, size_t nodes, size_t levels)
{
    struct frame *frame = config_builder_top(builder);
    if (frame && frame->levels < levels)
        frame->levels = levels;
    if (!frame)
        builder->root = value;
    else if (value_kind(frame->container) == VALUE_ARRAY)
        value_array_add(frame->container, value);
    else
        set_member(frame, value);
    builder->nodes += nodes;
    return builder->nodes <= most_nodes ||
           config_builder_fail(builder, value_place(value),
                               "the file holds over a million values, aliases included; shorten it");
}

static bool fail_too_deep(struct builder *builder, struct value_place place)
{
    return config_builder_fail(builder, place,
                               "arrays and objects are nested over 100 levels deep; flatten them");
}

static void add_anchor(struct builder *builder, const char *name, const struct value *value, size_t nodes,
                       size_t levels)
{
    if (!name)
        return;
    text_map_put(&builder->anchor_names, name, strlen(name), builder->anchors.count);
    vector_push(&builder->anchors, ((struct anchor){value_ref(value), nodes, levels}));
}

bool config_builder_add_scalar(struct builder *builder, struct value *scalar, const char *anchor)
{
    add_anchor(builder, anchor, scalar, 1, 0);
    return add_value(builder, scalar, 1, 0);
}

bool config_builder_add_alias(struct builder *builder, const char *name, struct value_place place)
{
    const uint64_t *index = text_map_get(&builder->anchor_names, name, strlen(name));
    if (!index)
        return config_builder_fail(builder, place,
                                   "this alias names no anchor above it; define it with & first");
    const struct anchor *anchor = &builder->anchors.items[*index];
    if (builder->frames.count + anchor->levels > deepest)
        return fail_too_deep(builder, place);
    return add_value(builder, value_ref(anchor->value), anchor->nodes, anchor->levels);
}

bool config_builder_open(struct builder *builder, struct value *container, const char *anchor, bool in_flow)
{
    struct value_place place = value_place(container);
    bool is_key = config_builder_wants_key(builder);
    vector_push(&builder->frames, ((struct frame){.container = container,
                                                  .anchor = anchor ? memory_copy_text(anchor) : NULL,
                                                  .nodes_before = builder->nodes,
                                                  .in_flow = in_flow}));
    if (is_key)
        return config_builder_fail(builder, place,
                                   "a key must be a word or a string, not an array or object");
    if (builder->frames.count > deepest)
        return fail_too_deep(builder, place);
    return true;
}

static void merge_object(struct value *object, const struct value *from)
{
    for (size_t i = 0; i < value_count(from); i++) {
        if (value_get(object, value_key(from, i)))
            continue;
        value_object_set(object, value_key(from, i), value_ref(value_item(from, i)));
        value_set_key_place(object, value_key(from, i), value_key_place(from, i));
    }
}

/* The key <<: keys of other objects that this one does not give itself (YAML 1.1 merge keys). */
static bool merge(struct builder *builder, struct frame *frame)
{
    const struct value *merged = frame->merged;
    bool is_list = value_kind(merged) == VALUE_ARRAY;
    for (size_t i = 0; i < (is_list ? value_count(merged) : 1); i++) {
        const struct value *from = is_list ? value_item(merged, i) : merged;
        if (value_kind(from) != VALUE_OBJECT)
            return config_builder_fail(builder, value_place(from),
                                       "<< takes an object, or an array of objects");
        merge_object(frame->container, from);
    }
    return true;
}

static void free_frame(struct frame *frame)
{
    value_unref(frame->container);
    value_unref(frame->merged);
    free(frame->key);
    free(frame->anchor);
}

bool config_builder_close(struct builder *builder)
{
    struct frame *frame = config_builder_top(builder);
    if (frame->merged && !merge(builder, frame))
        return false;
    struct value *value = value_ref(frame->container);
    size_t levels = frame->levels + 1;
    add_anchor(builder, frame->anchor, value, builder->nodes - frame->nodes_before + 1, levels);
    free_frame(frame);
    builder->frames.count--;
    return add_value(builder, value, 1, levels);
}

void config_builder_free(struct builder *builder)
{
    for (size_t i = 0; i < builder->frames.count; i++)
        free_frame(&builder->frames.items[i]);
    for (size_t i = 0; i < builder->anchors.count; i++)
        value_unref(builder->anchors.items[i].value);
    vector_free(&builder->frames);
    vector_free(&builder->anchors);
    text_map_free(&builder->anchor_names);
}
