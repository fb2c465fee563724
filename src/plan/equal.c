/* Tells when two values of a key make the same permutation. */
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "plan/plan.h"

static bool is_path(const char *key, const struct value *value)
{
    return strcmp(key, "data_dir") == 0 && value_kind(value) == VALUE_STRING;
}

static struct text normal_path(const struct value *value)
{
    struct text path = {0};
    file_add_normal_path(&path, value_text(value), value_text_len(value));
    return path;
}

bool plan_values_equal(const char *key, const struct value *a, const struct value *b)
{
    if (value_equal(a, b))
        return true;
    if (!is_path(key, a) || !is_path(key, b))
        return false;
    struct text one = normal_path(a), other = normal_path(b);
    bool equal = one.len == other.len && memcmp(text_get(&one), text_get(&other), one.len) == 0;
    text_free(&one);
    text_free(&other);
    return equal;
}

uint64_t plan_value_hash(const char *key, const struct value *value)
{
    if (!is_path(key, value))
        return value_hash(value);
    struct text path = normal_path(value);
    uint64_t hash = hash_bytes(0, text_get(&path), path.len);
    text_free(&path);
    return hash;
}
