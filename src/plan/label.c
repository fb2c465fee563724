#include <inttypes.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
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

static void add_data_dir(struct text *out, const struct value *permutation)
{
    const struct value *data_dir = value_get(permutation, "data_dir");
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

static void add_shortened(struct text *out, const struct text *label)
{
    size_t end = longest - 1 - hash_digits;
    while (end > 0 && is_continuation(label->data[end]))
        end--;
    text_add_bytes(out, label->data, end);
    text_addf(out, "-%08" PRIx64, hash_bytes(0, label->data, label->len) >> 32);
}

void plan_add_label(const struct plan *plan, const struct value *permutation, struct text *out)
{
    CLEANUP(text_free) struct text label = {0};
    add_data_dir(&label, permutation);
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        const struct value *value = value_get(permutation, axis->key);
        if (!axis->in_label || !value)
            continue;
        if (label.len > 0)
            text_add_char(&label, '_');
        add_short_key(&label, axis->key);
        add_value(&label, value);
    }
    if (label.len > longest)
        add_shortened(out, &label);
    else
        text_add(out, text_get(&label));
}
