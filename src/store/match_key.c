#include "store/match_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "store/cell.h"
#include "store/misread.h"

enum { no_match = -1, cache_size = 1024 };

/* What a text of a column was found to be. */
struct cached {
    uint64_t hash;
    char *bytes; /* as in the file; NULL: free */
    size_t len;
    int64_t found;
};

static int64_t find_value(const void *context, const struct value *value)
{
    const struct key_match *key = context;
    if (key->axis >= 0)
        return plan_find_value(key->plan, (size_t)key->axis, value);
    return plan_values_equal(key->name, key->expected, value) ? 0 : no_match;
}

static int64_t find_default(const struct key_match *key)
{
    return key->otherwise ? find_value(key, key->otherwise) : no_match;
}

/* An empty cell is null, or else the default. */
static int64_t find_empty(const struct key_match *key)
{
    int64_t found = store_cell_match("", 0, find_value, key);
    return found < 0 ? find_default(key) : found;
}

static int64_t find_text(const struct key_match *key, struct csv_cell cell, struct text *scratch)
{
    struct csv_cell text = store_csv_view(cell, scratch);
    return text.len == 0 ? find_empty(key) : store_cell_match(text.bytes, text.len, find_value, key);
}

/* --- a cell that matches no value --- */

static size_t count_values(const struct key_match *key)
{
    return key->axis < 0 ? 1 : plan_axis(key->plan, (size_t)key->axis)->count;
}

static const struct value *value_at(const struct key_match *key, size_t i)
{
    return key->axis < 0 ? key->expected : plan_axis(key->plan, (size_t)key->axis)->values[i];
}

/* The value that the text is rounded from; NULL when there is none. */
static const struct value *find_exact(struct key_match *key, struct csv_cell text)
{
    static const size_t most_looks = 1000000; /* some 0.3 s */
    for (size_t i = 0; i < count_values(key) && key->looks < most_looks; i++, key->looks++)
        if (store_misread_is_rounded(text.bytes, text.len, value_at(key, i)))
            return value_at(key, i);
    return NULL;
}

/* Whether it is the cell of another config, not one of this that was changed. */
static bool is_another(struct key_match *key, const struct csv_reader *reader, struct text *scratch,
                       struct error *err)
{
    struct csv_cell text = store_csv_view(reader->cells.items[key->column], scratch);
    if (utf8_find_bad(text.bytes, text.len) < text.len)
        return store_misread_bytes(reader, key->name, err);
    const struct value *exact = find_exact(key, text);
    return !exact || store_misread_rounded(reader, key->name, text, exact, err);
}

bool store_match_key_find(struct key_match *key, const struct csv_reader *reader, struct text *scratch,
                          int64_t *found, struct error *err)
{
    *found = key->found_without;
    if (key->column >= reader->cells.count)
        return true;
    struct csv_cell cell = reader->cells.items[key->column];
    uint64_t hash = hash_bytes(0, cell.bytes, cell.len);
    struct cached *cached = &key->cache[hash % cache_size];
    bool hit = cached->bytes && cached->hash == hash && cached->len == cell.len;
    if (hit && memcmp(cached->bytes, cell.bytes, cell.len) == 0) {
        *found = cached->found;
        return true;
    }
    *found = find_text(key, cell, scratch);
    free(cached->bytes);
    *cached = (struct cached){hash, memory_copy_bytes(cell.bytes, cell.len), cell.len, *found};
    return *found >= 0 || is_another(key, reader, scratch, err);
}

static int64_t axis_of_key(const struct plan *plan, size_t key_index)
{
    for (size_t i = 0; i < plan_axis_count(plan); i++)
        if (plan_axis(plan, i)->key_index == key_index)
            return (int64_t)i;
    return -1;
}

void store_match_key_init(struct key_match *key, const struct plan *plan, size_t key_index,
                          const struct columns *columns)
{
    const struct config *config = plan_config(plan);
    const struct value *keys = config_keys(config);
    const char *name = value_key(keys, key_index);
    CLEANUP(memory_free) char *column = text_format("%s%s", config_column_prefix(name), name);
    *key = (struct key_match){
        .plan = plan,
        .name = name,
        .axis = axis_of_key(plan, key_index),
        .expected = value_item(keys, key_index),
        .otherwise = config_default(config, name),
        .column = store_columns_find(columns, column, key_index),
    };
    if (key->column < columns->count)
        key->cache = memory_new(cache_size, sizeof *key->cache);
    else
        key->column = SIZE_MAX;
    key->found_without = find_empty(key); /* a column added later leaves its cell empty */
}

void store_match_key_free(struct key_match *key)
{
    for (size_t i = 0; key->cache && i < cache_size; i++)
        free(key->cache[i].bytes);
    free(key->cache);
}
