#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text_list.h"
#include "base/vector.h"
#include "plan/plan.h"

enum { longest = 160, hash_digits = 8 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static bool is_compound(const struct value *value)
{
    return value_kind(value) == VALUE_ARRAY || value_kind(value) == VALUE_OBJECT;
}

static void add_scalar(struct text *out, const struct value *value)
{
    const char *text = value_text(value);
    /* ".5" must not become "5". */
    if (value_is_number(value) && text[0] == '.' && text[1] >= '0' && text[1] <= '9')
        text_add(out, "0-");
    plan_add_path_part(out, text, value_text_len(value));
}

/* Recursion is as deep as the value, which the reading of configs bounds. */
static void add_value(struct text *out, const struct value *value) // NOLINT(misc-no-recursion)
{
    if (!is_compound(value)) {
        add_scalar(out, value);
        return;
    }
    for (size_t i = 0; i < value_count(value); i++) {
        CLEANUP(text_free) struct text item = {0};
        add_value(&item, value_item(value, i));
        if (i > 0 && item.len > 0)
            text_add_char(out, '-');
        text_add(out, text_get(&item));
    }
}

/* "batch_size" to "bs": the first character of each part. */
static void add_short_key(struct text *out, const char *key)
{
    CLEANUP(text_free) struct text letters = {0};
    for (size_t i = 0; key[i]; i++) {
        bool begins = key[i] != '_' && (i == 0 || key[i - 1] == '_');
        if (!begins)
            continue;
        size_t len = 1;
        while (is_continuation(key[i + len]))
            len++;
        text_add_bytes(&letters, key + i, len);
    }
    plan_add_path_part(out, text_get(&letters), letters.len);
}

/* `data_dir` may be NULL. */
static void add_data_dir(struct text *out, const struct value *data_dir)
{
    if (!data_dir || value_kind(data_dir) != VALUE_STRING)
        return;
    const char *path = value_text(data_dir);
    size_t end = value_text_len(data_dir);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    plan_add_path_part(out, path + start, end - start);
}

/* What a value of an axis adds to a label that has `before` bytes so far. */
static void add_axis_value(struct text *out, size_t before, const char *key, const struct value *value)
{
    if (before > 0)
        text_add_char(out, '_');
    add_short_key(out, key);
    add_value(out, value);
}

/* Cuts what is behind `start` when it is too long. */
static void shorten(struct text *out, size_t start)
{
    size_t len = out->len - start, end = longest - 1 - hash_digits;
    if (len <= longest)
        return;
    uint64_t hash = hash_bytes(0, out->data + start, len);
    while (end > 0 && is_continuation(out->data[start + end]))
        end--;
    out->len = start + end;
    text_addf(out, "-%08" PRIx64, hash >> 32);
}

void plan_add_label(const struct plan *plan, const struct value *permutation, struct text *out)
{
    size_t start = out->len;
    add_data_dir(out, value_get(permutation, "data_dir"));
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        const struct value *value = value_get(permutation, axis->key);
        if (axis->in_label && value)
            add_axis_value(out, out->len - start, axis->key, value);
    }
    shorten(out, start);
}

/* --- labels of many permutations --- */

/* What each value of an axis adds. */
struct label_part {
    size_t axis;
    struct text_list texts;
};

struct labels {
    struct text data_dir; /* when it is no axis */
    VECTOR(struct label_part) parts;
};

static void add_data_dirs(struct labels *labels, const struct plan *plan)
{
    const struct value *keys = config_keys(plan_config(plan));
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        if (strcmp(axis->key, "data_dir") != 0)
            continue;
        struct label_part part = {.axis = i};
        for (size_t j = 0; j < axis->count; j++) {
            add_data_dir(&part.texts.bytes, axis->values[j]);
            text_list_end(&part.texts);
        }
        vector_push(&labels->parts, part);
        return;
    }
    add_data_dir(&labels->data_dir, value_get(keys, "data_dir"));
}

struct labels *labels_create(const struct plan *plan)
{
    struct labels *labels = memory_new(1, sizeof *labels);
    add_data_dirs(labels, plan);
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        struct label_part part = {.axis = i};
        for (size_t j = 0; axis->in_label && j < axis->count; j++) {
            add_axis_value(&part.texts.bytes, 0, axis->key, axis->values[j]);
            text_list_end(&part.texts);
        }
        if (axis->in_label)
            vector_push(&labels->parts, part);
    }
    return labels;
}

void labels_destroy(struct labels *labels)
{
    for (size_t i = 0; i < labels->parts.count; i++)
        text_list_free(&labels->parts.items[i].texts);
    vector_free(&labels->parts);
    text_free(&labels->data_dir);
    free(labels);
}

void labels_add(const struct labels *labels, const uint32_t *choice, struct text *out)
{
    size_t start = out->len;
    text_add(out, text_get(&labels->data_dir));
    for (size_t i = 0; i < labels->parts.count; i++) {
        const struct label_part *part = &labels->parts.items[i];
        if (out->len > start)
            text_add_char(out, '_');
        text_list_add_to(&part->texts, choice[part->axis], out);
    }
    shorten(out, start);
}
