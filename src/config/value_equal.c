/* Equality of values across spellings, and the hash that goes with it. */
#include <string.h>

#include "base/hash.h"
#include "config/decimal.h"
#include "config/value.h"

static bool equal_numbers(const struct value *a, const struct value *b)
{
    struct decimal a_number, b_number;
    return value_decimal_read(value_text(a), value_text_len(a), &a_number) &&
           value_decimal_read(value_text(b), value_text_len(b), &b_number) &&
           value_decimal_equal(&a_number, &b_number);
}

static bool equal_texts(const struct value *a, const struct value *b)
{
    size_t len = value_text_len(a);
    return len == value_text_len(b) && memcmp(value_text(a), value_text(b), len) == 0;
}

static bool equal_arrays(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < value_count(a); i++)
        if (!value_equal(value_item(a, i), value_item(b, i)))
            return false;
    return true;
}

static bool equal_objects(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < value_count(a); i++) {
        const struct value *other = value_get(b, value_key(a, i));
        if (!other || !value_equal(value_item(a, i), other))
            return false;
    }
    return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a == b)
        return true;
    if (value_is_number(a) && value_is_number(b))
        return equal_numbers(a, b);
    if (value_kind(a) != value_kind(b) || value_count(a) != value_count(b))
        return false;
    if (value_kind(a) == VALUE_ARRAY)
        return equal_arrays(a, b);
    return value_kind(a) == VALUE_OBJECT ? equal_objects(a, b) : equal_texts(a, b);
}

static uint64_t hash_value_number(const struct value *value)
{
    struct decimal number = {0};
    value_decimal_read(value_text(value), value_text_len(value), &number);
    return value_decimal_hash(VALUE_INT, &number);
}

static uint64_t hash_array(const struct value *array)
{
    uint64_t hash = hash_number(VALUE_ARRAY, value_count(array));
    for (size_t i = 0; i < value_count(array); i++)
        hash = hash_number(hash, value_hash(value_item(array, i)));
    return hash;
}

/* A sum, since the order of keys makes no difference. */
static uint64_t hash_object(const struct value *object)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < value_count(object); i++) {
        const char *key = value_key(object, i);
        sum += hash_number(hash_bytes(VALUE_OBJECT, key, strlen(key)), value_hash(value_item(object, i)));
    }
    return hash_number(VALUE_OBJECT, sum);
}

uint64_t value_hash(const struct value *value)
{
    enum value_kind kind = value_kind(value);
    if (value_is_number(value))
        return hash_value_number(value);
    if (kind == VALUE_ARRAY)
        return hash_array(value);
    if (kind == VALUE_OBJECT)
        return hash_object(value);
    return hash_bytes(kind, value_text(value), value_text_len(value));
}
