/* Paths into arrays and objects: "optimizer.name", "layers.0". */
#include <string.h>

#include "base/memory.h"
#include "config/value.h"

static size_t length_before(const char *path, size_t len, char end)
{
    const char *found = memchr(path, end, len);
    return found ? (size_t)(found - path) : len;
}

/* Returns where the last dot of a path is, at which the keys before it end; 0 when there is none. */
static size_t without_last_key(const char *path, size_t len)
{
    while (len > 0 && path[--len] != '.')
        ;
    return len;
}

static const struct value *reach_into_array(const struct value *array, const char *path, size_t len)
{
    enum { most_digits = 9 };
    size_t digits = length_before(path, len, '.'), index = 0;
    if (digits == 0 || digits > most_digits || strspn(path, "0123456789") < digits)
        return NULL;
    for (size_t i = 0; i < digits; i++)
        index = 10 * index + (size_t)(path[i] - '0');
    if (index >= value_count(array))
        return NULL;
    const struct value *item = value_item(array, index);
    return digits == len ? item : value_reach(item, path + digits + 1, len - digits - 1);
}

static const struct value *reach_into_object(const struct value *object, const char *path, size_t len)
{
    for (size_t end = len; end > 0; end = without_last_key(path, end)) {
        CLEANUP(memory_free) char *key = memory_copy_bytes(path, end);
        const struct value *item = value_get(object, key);
        if (item && end < len)
            item = value_reach(item, path + end + 1, len - end - 1);
        if (item)
            return item;
    }
    return NULL;
}

const struct value *value_reach(const struct value *value, const char *path, size_t len)
{
    if (value_kind(value) == VALUE_ARRAY)
        return reach_into_array(value, path, len);
    return value_kind(value) == VALUE_OBJECT ? reach_into_object(value, path, len) : NULL;
}
