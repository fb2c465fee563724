/* Permutations as objects of keys, and back. */
#include <string.h>

#include "base/memory.h"
#include "plan/plan.h"

struct value *plan_permutation(const struct plan *plan, uint64_t rank)
{
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    plan_unrank(plan, rank, choice);
    return plan_permutation_of(plan, choice);
}

struct value *plan_permutation_of(const struct plan *plan, const uint32_t *choice)
{
    const struct value *keys = config_keys(plan_config(plan));
    struct value *permutation = value_new_object();
    size_t axis = 0;
    for (size_t i = 0; i < value_count(keys); i++) {
        const struct value *item = value_item(keys, i);
        if (axis < plan_axis_count(plan) && plan_axis(plan, axis)->key_index == i) {
            item = plan_axis(plan, axis)->values[choice[axis]];
            axis++;
        }
        value_object_set(permutation, value_key(keys, i), value_ref(item));
    }
    return permutation;
}

bool plan_compares_key(const char *key)
{
    return strcmp(key, "log_dir") != 0;
}

/* Looks keys up in an object that most often has them in the order they are asked for. */
struct cursor {
    const struct value *object;
    size_t next, found;
};

static const struct value *find_key(struct cursor *cursor, const char *key)
{
    const struct value *value;
    if (cursor->next < value_count(cursor->object) &&
        strcmp(value_key(cursor->object, cursor->next), key) == 0)
        value = value_item(cursor->object, cursor->next++);
    else
        value = value_get(cursor->object, key);
    cursor->found += value != NULL;
    return value;
}

/* Whether each key that the config lacks has its default, which is what a run without it would have used. */
static bool others_have_defaults(const struct config *config, const struct value *keys)
{
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        if (!plan_compares_key(key) || value_get(config_keys(config), key))
            continue;
        const struct value *usual = config_default(config, key);
        if (!usual || !plan_values_equal(key, usual, value_item(keys, i)))
            return false;
    }
    return true;
}

/* Fills choice with the axis values of `keys`. False when a key differs from what the plan has. */
static bool find_choice(const struct plan *plan, const struct value *keys, uint32_t *choice)
{
    const struct config *config = plan_config(plan);
    const struct value *config_values = config_keys(config);
    struct cursor cursor = {.object = keys};
    size_t axis = 0;
    for (size_t i = 0; i < value_count(config_values); i++) {
        const char *key = value_key(config_values, i);
        bool is_axis = axis < plan_axis_count(plan) && plan_axis(plan, axis)->key_index == i;
        const struct value *value = find_key(&cursor, key);
        if (!value)
            value = config_default(config, key);
        if (is_axis) {
            int64_t index = value ? plan_find_value(plan, axis, value) : -1;
            if (index < 0)
                return false;
            choice[axis++] = (uint32_t)index;
        } else if (plan_compares_key(key) &&
                   (!value || !plan_values_equal(key, value, value_item(config_values, i)))) {
            return false;
        }
    }
    return cursor.found == value_count(keys) || others_have_defaults(config, keys);
}

bool plan_find(const struct plan *plan, const struct value *keys, uint64_t *rank)
{
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    return find_choice(plan, keys, choice) && plan_rank(plan, choice, rank);
}
