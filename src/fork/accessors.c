/* Config values, typed. A fault is kept until the method that asked returns. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "fork/fork.h"

/* The value of a key that must be there. */
static const struct value *need(struct furcate_fork *fork, const char *key)
{
    const struct value *value = value_get(fork->config, key);
    if (value)
        return value;
    const char *nearest = value_nearest_key(fork->config, key);
    if (nearest)
        furcate_fail(fork, "the config has no key '%s'; did you mean '%s'?", key, nearest);
    else
        furcate_fail(fork, "the config has no key '%s': add it", key);
    return NULL;
}

static bool fail_of_kind(struct furcate_fork *fork, const char *key, const struct value *value,
                         const char *wanted)
{
    CLEANUP(text_free) struct text json = {0};
    value_add_json(&json, value);
    return furcate_fail(fork, "the config's '%s' is %s: give %s", key, text_get(&json), wanted);
}

bool furcate_config_has(struct furcate_fork *fork, const char *key)
{
    return value_get(fork->config, key) != NULL;
}

int64_t furcate_config_int(struct furcate_fork *fork, const char *key)
{
    int64_t number = 0;
    const struct value *value = need(fork, key);
    if (value && !value_int(value, &number))
        fail_of_kind(fork, key, value, "an integer");
    return number;
}

double furcate_config_float(struct furcate_fork *fork, const char *key)
{
    const struct value *value = need(fork, key);
    if (value && value_is_number(value))
        return value_float(value);
    if (value)
        fail_of_kind(fork, key, value, "a number");
    return 0;
}

bool furcate_config_bool(struct furcate_fork *fork, const char *key)
{
    const struct value *value = need(fork, key);
    if (value && value_kind(value) == VALUE_BOOL)
        return value_bool(value);
    return value && fail_of_kind(fork, key, value, "true or false");
}

const char *furcate_config_string(struct furcate_fork *fork, const char *key)
{
    const struct value *value = need(fork, key);
    if (value && value_kind(value) == VALUE_STRING)
        return value_text(value);
    if (value)
        fail_of_kind(fork, key, value, "a string");
    return "";
}

/* Takes one element; false when it is of another kind. */
typedef bool take_element(const struct value *element, void *values, size_t i);

static bool take_int(const struct value *element, void *values, size_t i)
{
    return value_int(element, (int64_t *)values + i);
}

static bool take_float(const struct value *element, void *values, size_t i)
{
    ((double *)values)[i] = value_float(element);
    return value_is_number(element);
}

static size_t take_array(struct furcate_fork *fork, const char *key, void *values, size_t capacity,
                         take_element *take, const char *wanted)
{
    const struct value *array = need(fork, key);
    if (!array)
        return 0;
    if (value_kind(array) != VALUE_ARRAY)
        return (size_t)fail_of_kind(fork, key, array, wanted);
    for (size_t i = 0; i < value_count(array) && i < capacity; i++)
        if (!take(value_item(array, i), values, i))
            return (size_t)fail_of_kind(fork, key, array, wanted);
    return value_count(array);
}

size_t furcate_config_ints(struct furcate_fork *fork, const char *key, int64_t *values, size_t capacity)
{
    return take_array(fork, key, values, capacity, take_int, "an array of integers");
}

size_t furcate_config_floats(struct furcate_fork *fork, const char *key, double *values, size_t capacity)
{
    return take_array(fork, key, values, capacity, take_float, "an array of numbers");
}

const char *furcate_config_json(struct furcate_fork *fork, const char *key)
{
    struct text json = {0};
    const struct value *value = need(fork, key);
    if (!value)
        return "";
    value_add_json(&json, value);
    vector_push(&fork->texts, text_take(&json));
    return fork->texts.items[fork->texts.count - 1];
}
