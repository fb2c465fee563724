#include "plan/exclusion.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

/* What the reading of one entry needs. */
struct reader {
    const struct config *config;
    const struct axes *axes;
    struct faults *faults;
    VECTOR(struct exclusion_key) keys; /* of the entry so far */
};

static void warn_of_key(const struct reader *reader, const char *key, const struct value *wanted)
{
    const char *nearest = value_nearest_key(config_keys(reader->config), key);
    fault_add(reader->faults, FAULT_WARNING, value_place(wanted),
              "an entry of exclude_configs names '%s', which is no key of this config, and excludes nothing; "
              "%s%s%s",
              key, nearest ? "did you mean '" : "remove it", nearest ? nearest : "", nearest ? "'?" : "");
}

static void warn_of_constant(const struct reader *reader, const char *key, const struct value *constant,
                             const struct value *wanted)
{
    CLEANUP(text_free) struct text is = {0}, never = {0};
    value_add_json_short(&is, constant);
    value_add_json_short(&never, wanted);
    fault_add(reader->faults, FAULT_WARNING, value_place(wanted),
              "'%s' is %s, never %s: this entry of exclude_configs excludes nothing; remove it or correct it",
              key, text_get(&is), text_get(&never));
}

static void add_some_values(struct text *out, const struct axis *axis)
{
    enum { shown = 8 };
    for (size_t i = 0; i < axis->count && i < shown; i++) {
        text_add(out, i ? ", " : "");
        value_add_json_short(out, axis->values[i]);
    }
    if (axis->count > shown)
        text_addf(out, " and %zu more", axis->count - shown);
}

static void warn_of_value(const struct reader *reader, const struct axis *axis, const struct value *wanted,
                          bool others)
{
    CLEANUP(text_free) struct text never = {0}, values = {0};
    value_add_json_short(&never, wanted);
    add_some_values(&values, axis);
    fault_add(reader->faults, FAULT_WARNING, value_place(wanted),
              "axis '%s' has no value %s: this entry of exclude_configs excludes nothing%s; the axis has %s",
              axis->key, text_get(&never), others ? " by it" : "", text_get(&values));
}

static int compare_indices(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static size_t drop_repeats(uint32_t *sorted, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || sorted[kept - 1] != sorted[i])
            sorted[kept++] = sorted[i];
    return kept;
}

/* Takes `values` over. */
static void add_key(struct reader *reader, size_t axis, uint32_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_indices);
    count = drop_repeats(values, count);
    if (count == reader->axes->items[axis].count) {
        free(values); /* matches always */
        return;
    }
    vector_push(&reader->keys, ((struct exclusion_key){(uint32_t)axis, (uint32_t)count, values}));
}

/* The readers of a key return false when it can never match. */
static bool read_any_of(struct reader *reader, size_t axis, const struct value *array)
{
    VECTOR(uint32_t) values = {0};
    for (size_t i = 0; i < value_count(array); i++) {
        int64_t index = plan_axes_find(reader->axes, axis, value_item(array, i));
        if (index >= 0)
            vector_push(&values, (uint32_t)index);
    }
    for (size_t i = 0; values.count && i < value_count(array); i++)
        if (plan_axes_find(reader->axes, axis, value_item(array, i)) < 0)
            warn_of_value(reader, &reader->axes->items[axis], value_item(array, i), true);
    if (values.count == 0) {
        warn_of_value(reader, &reader->axes->items[axis], array, false);
        return false;
    }
    add_key(reader, axis, values.items, values.count);
    return true;
}

static bool read_axis_key(struct reader *reader, size_t axis, const struct value *wanted)
{
    int64_t index = plan_axes_find(reader->axes, axis, wanted);
    if (index < 0 && value_kind(wanted) == VALUE_ARRAY)
        return read_any_of(reader, axis, wanted);
    if (index < 0) {
        warn_of_value(reader, &reader->axes->items[axis], wanted, false);
        return false;
    }
    uint32_t *values = memory_new(1, sizeof *values);
    *values = (uint32_t)index;
    add_key(reader, axis, values, 1);
    return true;
}

static bool matches_constant(const char *key, const struct value *constant, const struct value *wanted)
{
    bool any = plan_values_equal(key, constant, wanted);
    if (value_kind(wanted) == VALUE_ARRAY)
        for (size_t i = 0; i < value_count(wanted) && !any; i++)
            any = plan_values_equal(key, constant, value_item(wanted, i));
    return any;
}

static bool read_key(struct reader *reader, const char *key, const struct value *wanted)
{
    int64_t axis = plan_axes_find_key(reader->axes, key);
    if (axis >= 0)
        return read_axis_key(reader, (size_t)axis, wanted);

    const struct value *constant = value_get(config_keys(reader->config), key);
    if (!constant) {
        warn_of_key(reader, key, wanted);
        return false;
    }
    if (!matches_constant(key, constant, wanted)) {
        warn_of_constant(reader, key, constant, wanted);
        return false;
    }
    return true;
}

static void free_keys(struct exclusion_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(keys[i].values);
    free(keys);
}

static bool read_entry(struct reader *reader, const struct value *entry, struct exclusion *exclusion)
{
    if (value_kind(entry) != VALUE_OBJECT || value_count(entry) == 0) {
        fault_add(reader->faults, FAULT_WARNING, value_place(entry),
                  "an entry of exclude_configs is empty and excludes nothing; remove it");
        return false;
    }
    bool can_match = true;
    for (size_t i = 0; i < value_count(entry); i++)
        can_match &= read_key(reader, value_key(entry, i), value_item(entry, i));

    *exclusion = (struct exclusion){reader->keys.items, reader->keys.count, entry};
    memset(&reader->keys, 0, sizeof reader->keys);
    if (!can_match)
        free_keys(exclusion->keys, exclusion->count);
    return can_match;
}

void plan_exclusions_read(struct exclusions *exclusions, const struct config *config, const struct axes *axes,
                          struct faults *faults)
{
    struct reader reader = {config, axes, faults, {0}};
    const struct value *entries = config_meta(config)->exclude;
    size_t count = entries ? value_count(entries) : 0;

    *exclusions = (struct exclusions){memory_new(count, sizeof *exclusions->items), 0};
    for (size_t i = 0; i < count; i++)
        if (read_entry(&reader, value_item(entries, i), &exclusions->items[exclusions->count]))
            exclusions->count++;
}

void plan_exclusions_free(struct exclusions *exclusions)
{
    for (size_t i = 0; i < exclusions->count; i++)
        free_keys(exclusions->items[i].keys, exclusions->items[i].count);
    free(exclusions->items);
    *exclusions = (struct exclusions){0};
}

bool plan_exclusion_key_matches(const struct exclusion_key *key, uint32_t value)
{
    return bsearch(&value, key->values, key->count, sizeof *key->values, compare_indices);
}

static bool matches(const struct exclusion *exclusion, const uint32_t *choice)
{
    for (size_t i = 0; i < exclusion->count; i++)
        if (!plan_exclusion_key_matches(&exclusion->keys[i], choice[exclusion->keys[i].axis]))
            return false;
    return true;
}

bool plan_exclusions_match(const struct exclusions *exclusions, const uint32_t *choice)
{
    for (size_t i = 0; i < exclusions->count; i++)
        if (matches(&exclusions->items[i], choice))
            return true;
    return false;
}

static bool matches_part(const struct exclusion *exclusion, const int64_t *choice)
{
    for (size_t i = 0; i < exclusion->count; i++) {
        int64_t value = choice[exclusion->keys[i].axis];
        if (value < 0 || !plan_exclusion_key_matches(&exclusion->keys[i], (uint32_t)value))
            return false;
    }
    return true;
}

bool plan_exclusions_match_part(const struct exclusions *exclusions, const int64_t *choice)
{
    for (size_t i = 0; i < exclusions->count; i++)
        if (matches_part(&exclusions->items[i], choice))
            return true;
    return false;
}

size_t plan_exclusions_last_axis(const struct exclusions *exclusions, const struct axes *axes,
                                 const uint32_t *choice)
{
    size_t least = axes->count;
    for (size_t i = 0; i < exclusions->count; i++) {
        const struct exclusion *exclusion = &exclusions->items[i];
        if (!matches(exclusion, choice))
            continue;
        size_t last = 0;
        for (size_t k = 0; k < exclusion->count; k++)
            if (exclusion->keys[k].axis > last)
                last = exclusion->keys[k].axis;
        if (last < least)
            least = last;
    }
    return least;
}

bool plan_exclusion_has_key(const struct exclusion *exclusion, const struct exclusion_key *key)
{
    for (size_t i = 0; i < exclusion->count; i++) {
        const struct exclusion_key *own = &exclusion->keys[i];
        if (own->axis == key->axis && own->count == key->count &&
            memcmp(own->values, key->values, key->count * sizeof *key->values) == 0)
            return true;
    }
    return false;
}
