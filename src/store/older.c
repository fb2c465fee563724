#include "store/older.h"

#include <string.h>

/* The defaults in the order in which they followed the user's keys. NULL: made from the name of the data, or
 * that name. */
static const struct {
    const char *key, *value;
} defaults[] = {
    {"data_name", NULL},        {"train_prefix", NULL}, {"valid_prefix", NULL}, {"test_prefix", NULL},
    {"learning_rate", "0.001"}, {"verbose", "2"},       {"cache", "false"},     {"seed", "42"},
    {"prefetch", "1"},
};

static bool is_default(size_t i, const char *key, const struct value *value)
{
    return strcmp(defaults[i].key, key) == 0 &&
           (!defaults[i].value || strcmp(value_text(value), defaults[i].value) == 0);
}

/* How many of the keys are left without the defaults at their end. */
static size_t count_given(const struct value *keys)
{
    size_t count = value_count(keys);
    for (size_t i = sizeof defaults / sizeof *defaults; i-- > 0 && count > 0;)
        count -= is_default(i, value_key(keys, count - 1), value_item(keys, count - 1));
    return count;
}

static struct value *first_keys(const struct value *keys, size_t count)
{
    struct value *first = value_new_object();
    for (size_t i = 0; i < count; i++)
        value_object_set(first, value_key(keys, i), value_ref(value_item(keys, i)));
    return first;
}

size_t store_older_meanings(const struct run_record *record, struct value *meanings[RECORD_MEANINGS])
{
    size_t count = 0, given = count_given(record->keys), all = value_count(record->keys);
    meanings[count++] = value_ref(record->keys);
    if (!record->is_older || given == all)
        return count;
    meanings[count++] = first_keys(record->keys, given);
    if (strcmp(value_key(record->keys, given), defaults[0].key) == 0)
        meanings[count++] = first_keys(record->keys, given + 1);
    return count;
}

bool store_older_is_of(const struct run_record *record, const struct value *keys)
{
    bool is_of = false;
    struct value *meanings[RECORD_MEANINGS];
    size_t count = store_older_meanings(record, meanings);
    for (size_t i = 0; i < count; i++) {
        is_of |= store_same_permutation(meanings[i], keys);
        value_unref(meanings[i]);
    }
    return is_of;
}
