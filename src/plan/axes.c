#include "plan/axes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

static const uint64_t most_permutations = UINT64_C(1) << 62;

/* Open addressing with linear probing over value hashes, at most half full, so that an axis of 10^5 values
 * costs no more a value than a short one. */
struct axis_lookup {
    const char *key;
    uint32_t *slots; /* value index + 1; 0 is free */
    size_t mask;     /* capacity - 1 */
};

/* The slot that holds the index of an equal value, or the free slot where it would go. */
static uint32_t *find_slot(const struct axis_lookup *lookup, const struct value *const *values,
                           const struct value *wanted)
{
    for (size_t i = plan_value_hash(lookup->key, wanted) & lookup->mask;; i = (i + 1) & lookup->mask) {
        uint32_t *slot = &lookup->slots[i];
        if (*slot == 0 || plan_values_equal(lookup->key, values[*slot - 1], wanted))
            return slot;
    }
}

static void warn_of_duplicate(const char *key, const struct value *value, struct faults *faults)
{
    CLEANUP(text_free) struct text shown = {0};
    value_add_json_short(&shown, value);
    fault_add(faults, FAULT_WARNING, value_place(value),
              "axis '%s' has the value %s twice; it counts once, so remove one", key, text_get(&shown));
}

static void read_axis(struct axis *axis, struct axis_lookup *lookup, const struct value *array,
                      struct faults *faults)
{
    size_t given = value_count(array), capacity = 2;
    while (capacity < 2 * given)
        capacity *= 2;
    *lookup = (struct axis_lookup){axis->key, memory_new(capacity, sizeof *lookup->slots), capacity - 1};

    const struct value **values = memory_new(given, sizeof(*values));
    for (size_t i = 0; i < given; i++) {
        const struct value *value = value_item(array, i);
        uint32_t *slot = find_slot(lookup, values, value);
        if (*slot) {
            warn_of_duplicate(axis->key, value, faults);
            continue;
        }
        values[axis->count++] = value;
        *slot = (uint32_t)axis->count;
    }
    axis->values = values;
    axis->in_label = axis->count > 1 && strcmp(axis->key, "data_dir") != 0;
}

void plan_axes_read(struct axes *axes, const struct config *config, struct faults *faults)
{
    const struct value *keys = config_keys(config);
    VECTOR(struct axis) items = {0};
    for (size_t i = 0; i < value_count(keys); i++)
        if (config_is_axis(config, i))
            vector_push(&items, ((struct axis){.key = value_key(keys, i), .key_index = i}));

    *axes = (struct axes){items.items, memory_new(items.count, sizeof *axes->lookups), items.count};
    for (size_t i = 0; i < axes->count; i++)
        read_axis(&axes->items[i], &axes->lookups[i], value_item(keys, axes->items[i].key_index), faults);
}

void plan_axes_free(struct axes *axes)
{
    for (size_t i = 0; i < axes->count; i++) {
        free((void *)axes->items[i].values);
        free(axes->lookups[i].slots);
    }
    free(axes->items);
    free(axes->lookups);
    *axes = (struct axes){0};
}

int64_t plan_axes_find(const struct axes *axes, size_t axis, const struct value *value)
{
    return (int64_t)*find_slot(&axes->lookups[axis], axes->items[axis].values, value) - 1;
}

int64_t plan_axes_find_key(const struct axes *axes, const char *key)
{
    for (size_t i = 0; i < axes->count; i++)
        if (strcmp(axes->items[i].key, key) == 0)
            return (int64_t)i;
    return -1;
}

static void fail_for_size(const struct axes *axes, struct faults *faults)
{
    CLEANUP(text_free) struct text list = {0};
    for (size_t i = 0; i < axes->count; i++)
        if (axes->items[i].count > 1)
            text_addf(&list, "%s%s (%zu)", list.len ? ", " : "", axes->items[i].key, axes->items[i].count);
    fault_add(faults, FAULT_ERROR, (struct value_place){0},
              "the axes make more than 2^62 permutations: %s; take values off them", text_get(&list));
}

bool plan_axes_product(const struct axes *axes, uint64_t *product, struct faults *faults)
{
    *product = 1;
    for (size_t i = 0; i < axes->count; i++) {
        if (*product > most_permutations / axes->items[i].count) {
            fail_for_size(axes, faults);
            return false;
        }
        *product *= axes->items[i].count;
    }
    return true;
}
