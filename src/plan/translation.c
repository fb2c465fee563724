#include "plan/translation.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

/* What the key is for all permutations of a plan that has no axis of it: its value, else its default; NULL:
 * it is not there. */
static const struct value *constant_of(const struct plan *plan, const struct config *defaults,
                                       const char *key)
{
    const struct value *value = value_get(config_keys(plan->config), key);
    return value ? value : config_default(defaults, key);
}

/* The index of a value of that key in the other plan, 0 where the key is no axis. */
static int64_t find_there(const struct translation *translation, int64_t axis, const char *key,
                          const struct value *value)
{
    if (axis >= 0)
        return plan_axes_find(&translation->to->axes, (size_t)axis, value);
    const struct value *constant = constant_of(translation->to, translation->to->config, key);
    return constant && plan_values_equal(key, constant, value) ? 0 : TRANSLATION_NONE;
}

static void translate_axis(struct translation *translation, size_t i)
{
    const struct axis *axis = &translation->from->axes.items[i];
    struct translated_axis *translated = &translation->axes[i];
    translated->axis = plan_axes_find_key(&translation->to->axes, axis->key);
    translated->indices = memory_new(axis->count, sizeof *translated->indices);
    for (size_t j = 0; j < axis->count; j++)
        translated->indices[j] = plan_compares_key(axis->key)
                                     ? find_there(translation, translated->axis, axis->key, axis->values[j])
                                     : 0;
    if (translated->axis >= 0)
        translation->fixed[translated->axis] = TRANSLATION_NONE;
}

/* An axis of the other plan whose key is none of the first's axes. */
static void fix_axis(struct translation *translation, size_t i)
{
    const struct axis *axis = &translation->to->axes.items[i];
    if (plan_axes_find_key(&translation->from->axes, axis->key) >= 0)
        return;
    const struct value *constant = constant_of(translation->from, translation->to->config, axis->key);
    translation->fixed[i] = constant ? plan_axes_find(&translation->to->axes, i, constant) : TRANSLATION_NONE;
    translation->apart = translation->apart || translation->fixed[i] < 0;
}

/* A key that is an axis in neither plan. */
static void compare_constant(struct translation *translation, const char *key)
{
    const struct config *defaults = translation->to->config;
    bool is_axis = plan_axes_find_key(&translation->from->axes, key) >= 0 ||
                   plan_axes_find_key(&translation->to->axes, key) >= 0;
    if (is_axis || !plan_compares_key(key))
        return;
    const struct value *here = constant_of(translation->from, defaults, key);
    const struct value *there = constant_of(translation->to, defaults, key);
    translation->apart = translation->apart || !here || !there || !plan_values_equal(key, here, there);
}

static void compare_constants(struct translation *translation)
{
    const struct value *here = config_keys(translation->from->config);
    const struct value *there = config_keys(translation->to->config);
    for (size_t i = 0; i < value_count(here); i++)
        compare_constant(translation, value_key(here, i));
    for (size_t i = 0; i < value_count(there); i++)
        compare_constant(translation, value_key(there, i));
}

/* --- what is lacking there --- */

typedef VECTOR(struct exclusion) exclusion_list;

/* Takes `values` over. */
static struct exclusion_key *one_key(size_t axis, uint32_t *values, size_t count)
{
    struct exclusion_key *key = memory_new(1, sizeof *key);
    key->axis = (uint32_t)axis;
    key->count = (uint32_t)count;
    key->values = values;
    return key;
}

/* The values of the axis that the other plan has not. */
static void add_missing_values(const struct translation *translation, size_t axis, exclusion_list *lacking)
{
    const struct translated_axis *translated = &translation->axes[axis];
    VECTOR(uint32_t) missing = {0};
    size_t count = translation->from->axes.items[axis].count;
    for (size_t i = 0; i < count; i++)
        if (translated->indices[i] < 0)
            vector_push(&missing, (uint32_t)i);
    if (missing.count == count) { /* matches always: an entry without keys */
        vector_push(lacking, (struct exclusion){0});
        vector_free(&missing);
    } else if (missing.count > 0) {
        vector_push(lacking, ((struct exclusion){one_key(axis, missing.items, missing.count), 1, NULL}));
    }
}

static void free_keys(struct exclusion *exclusion)
{
    for (size_t i = 0; i < exclusion->count; i++)
        free(exclusion->keys[i].values);
    free(exclusion->keys);
}

/* The axis of the first plan that leads to that one; its number of axes when there is none. */
static size_t axis_from(const struct translation *translation, uint32_t axis)
{
    size_t i = 0;
    while (i < translation->from->axes.count && translation->axes[i].axis != axis)
        i++;
    return i;
}

/* Adds the key of an entry of the other plan to `keys`, over the first's axes, unless it matches always.
 * False when it never matches. */
static bool translate_key(const struct translation *translation, const struct exclusion_key *key,
                          struct exclusion *exclusion)
{
    size_t axis = axis_from(translation, key->axis);
    if (axis == translation->from->axes.count)
        return plan_exclusion_key_matches(key, (uint32_t)translation->fixed[key->axis]);
    VECTOR(uint32_t) values = {0};
    size_t count = translation->from->axes.items[axis].count;
    for (size_t i = 0; i < count; i++) {
        int64_t there = translation->axes[axis].indices[i];
        if (there >= 0 && plan_exclusion_key_matches(key, (uint32_t)there))
            vector_push(&values, (uint32_t)i);
    }
    if (values.count == 0 || values.count == count) {
        bool matches = values.count > 0;
        vector_free(&values);
        return matches;
    }
    exclusion->keys[exclusion->count++] =
        (struct exclusion_key){(uint32_t)axis, (uint32_t)values.count, values.items};
    return true;
}

static void add_entry(const struct translation *translation, const struct exclusion *entry,
                      exclusion_list *lacking)
{
    struct exclusion translated = {.keys = memory_new(entry->count, sizeof *translated.keys)};
    bool can_match = true;
    for (size_t i = 0; i < entry->count && can_match; i++)
        can_match = translate_key(translation, &entry->keys[i], &translated);
    if (can_match)
        vector_push(lacking, translated);
    else
        free_keys(&translated);
}

static void find_lacking(struct translation *translation)
{
    exclusion_list lacking = {0};
    for (size_t i = 0; i < translation->from->axes.count; i++)
        add_missing_values(translation, i, &lacking);
    for (size_t i = 0; i < translation->to->exclusions.count; i++)
        add_entry(translation, &translation->to->exclusions.items[i], &lacking);
    translation->lacking = (struct exclusions){lacking.items, lacking.count};
}

void plan_translate(struct translation *translation, const struct plan *from, const struct plan *to)
{
    *translation = (struct translation){
        .from = from,
        .to = to,
        .axes = memory_new(from->axes.count, sizeof *translation->axes),
        .fixed = memory_new(to->axes.count, sizeof *translation->fixed),
    };
    for (size_t i = 0; i < from->axes.count; i++)
        translate_axis(translation, i);
    for (size_t i = 0; i < to->axes.count; i++)
        fix_axis(translation, i);
    compare_constants(translation);
    find_lacking(translation);
}

void plan_translation_free(struct translation *translation)
{
    for (size_t i = 0; translation->axes && i < translation->from->axes.count; i++)
        free(translation->axes[i].indices);
    plan_exclusions_free(&translation->lacking);
    free(translation->axes);
    free(translation->fixed);
    *translation = (struct translation){0};
}

bool plan_translation_apply(const struct translation *translation, const uint32_t *from, uint32_t *to)
{
    if (translation->apart)
        return false;
    for (size_t i = 0; i < translation->to->axes.count; i++)
        to[i] = translation->fixed[i] < 0 ? 0 : (uint32_t)translation->fixed[i];
    for (size_t i = 0; i < translation->from->axes.count; i++) {
        const struct translated_axis *translated = &translation->axes[i];
        int64_t index = translated->indices[from[i]];
        if (index < 0)
            return false;
        if (translated->axis >= 0)
            to[translated->axis] = (uint32_t)index;
    }
    return true;
}
