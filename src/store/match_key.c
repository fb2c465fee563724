#include "store/match_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "store/cell.h"
#include "store/misread.h"
#include "store/respelt.h"

enum { no_match = -1, cache_size = 1024 };

/* What a text of a column was found to be. */
struct cached {
    uint64_t hash;
    char *bytes; /* as in the file; NULL: free */
    size_t len;
    int64_t found;
    bool is_judged;
    const struct value *exact; /* once it is judged: what it was rounded from; NULL: nothing */
};

static int64_t find_value(const void *context, const struct value *value)
{
    const struct key_match *key = context;
    if (key->is_extra)
        return key->otherwise && plan_values_equal(key->name, key->otherwise, value) ? 0 : no_match;
    if (key->axis >= 0)
        return plan_find_value(key->plan, (size_t)key->axis, value);
    return plan_values_equal(key->name, key->expected, value) ? 0 : no_match;
}

static int64_t find_default(const struct key_match *key)
{
    return key->otherwise ? find_value(key, key->otherwise) : no_match;
}

/* An empty cell is null, or else the default; of a key that the config lacks it is as it should be. */
static int64_t find_empty(const struct key_match *key)
{
    if (key->is_extra)
        return 0;
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

const struct value *store_match_key_exact(struct key_match *key, struct text *scratch)
{
    struct cached *cell = key->at;
    if (!cell || key->is_extra)
        return NULL;
    if (!cell->is_judged)
        cell->exact = find_exact(key, store_match_key_text(key, scratch));
    cell->is_judged = true;
    return cell->exact;
}

bool store_match_key_is_garbled(const struct key_match *key, struct text *scratch)
{
    struct csv_cell text = store_match_key_text(key, scratch);
    return utf8_find_bad(text.bytes, text.len) < text.len;
}

/* Returns whether the text is a value of the plan in another spelling. */
static bool is_respelt(const struct key_match *key, struct csv_cell text)
{
    bool is_value = false;
    CLEANUP(text_free) struct text meaning = {0};
    for (size_t i = 0; i < STORE_RESPELT && !is_value; i++)
        is_value = store_respelt_read(text.bytes, text.len, i, &meaning) &&
                   store_cell_match(text_get(&meaning), meaning.len, find_value, key) >= 0;
    return is_value;
}

bool store_match_key_is_converted(const struct key_match *key, struct csv_cell text)
{
    if (key->is_extra)
        return false;
    if (is_respelt(key, text))
        return true;
    int form = store_misread_form(text.bytes, text.len);
    bool has_origin = false;
    for (size_t i = 0; i < count_values(key) && form >= 0; i++) {
        const struct value *value = value_at(key, i);
        if (store_misread_form(value_text(value), value_text_len(value)) == form)
            return false; /* people write it so */
        has_origin |= value_kind(value) == VALUE_STRING && strpbrk(value_text(value), "0123456789");
    }
    return has_origin;
}

struct csv_cell store_match_key_text(const struct key_match *key, struct text *scratch)
{
    if (!key->at)
        return (struct csv_cell){"", 0};
    return store_csv_view((struct csv_cell){key->at->bytes, key->at->len}, scratch);
}

int64_t store_match_key_find(struct key_match *key, const struct csv_reader *reader, struct text *scratch)
{
    key->at = NULL;
    if (key->column >= reader->cells.count)
        return key->found_without;
    struct csv_cell cell = reader->cells.items[key->column];
    uint64_t hash = hash_bytes(0, cell.bytes, cell.len);
    struct cached *cached = key->at = &key->cache[hash % cache_size];
    bool hit = cached->bytes && cached->hash == hash && cached->len == cell.len;
    if (hit && memcmp(cached->bytes, cell.bytes, cell.len) == 0)
        return cached->found;
    int64_t found = find_text(key, cell, scratch);
    free(cached->bytes);
    *cached = (struct cached){hash, memory_copy_bytes(cell.bytes, cell.len), cell.len, found, false, NULL};
    return found;
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

void store_match_key_init_extra(struct key_match *key, const struct plan *plan, const struct columns *columns,
                                size_t column)
{
    *key = (struct key_match){
        .plan = plan,
        .name = columns->items[column],
        .is_extra = true,
        .axis = -1,
        .column = column,
        .cache = memory_new(cache_size, sizeof *key->cache),
    };
}

void store_match_key_free(struct key_match *key)
{
    for (size_t i = 0; key->cache && i < cache_size; i++)
        free(key->cache[i].bytes);
    free(key->cache);
}
