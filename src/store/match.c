/* Rows of run_data.csv to ranks of a plan. A text that a column had before is not parsed again. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/cell.h"
#include "store/internal.h"

enum { no_match = -1, cache_size = 1024 };

/* What a text of a column was found to be. */
struct cached {
    uint64_t hash;
    char *bytes; /* as in the file; NULL: free */
    size_t len;
    int64_t found;
};

struct key_match {
    const struct plan *plan;
    int64_t axis;                  /* -1: the key is no axis */
    const struct value *expected;  /* of a key that is no axis */
    const struct value *otherwise; /* the key's default; NULL: it has none */
    size_t column;                 /* SIZE_MAX: the file lacks it */
    int64_t found_without;         /* for a row without the cell */
    struct cached *cache;          /* cache_size places, by hash; NULL without a column */
};

struct match {
    const struct plan *plan;
    VECTOR(struct key_match) keys;
    uint32_t *choice;
    struct text scratch;
};

/* The index on the axis, 0 for the expected value of a key that is none. */
static int64_t find_value(const void *context, const struct value *value)
{
    const struct key_match *key = context;
    if (key->axis >= 0)
        return plan_find_value(key->plan, (size_t)key->axis, value);
    return value_equal(key->expected, value) ? 0 : no_match;
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

static int64_t find_cell(struct key_match *key, struct csv_cell cell, struct text *scratch)
{
    uint64_t hash = hash_bytes(0, cell.bytes, cell.len);
    struct cached *cached = &key->cache[hash % cache_size];
    bool hit = cached->bytes && cached->hash == hash && cached->len == cell.len;
    if (hit && memcmp(cached->bytes, cell.bytes, cell.len) == 0)
        return cached->found;
    int64_t found = find_text(key, cell, scratch);
    free(cached->bytes);
    *cached = (struct cached){hash, memory_copy_bytes(cell.bytes, cell.len), cell.len, found};
    return found;
}

static int64_t axis_of_key(const struct plan *plan, size_t key_index)
{
    for (size_t i = 0; i < plan_axis_count(plan); i++)
        if (plan_axis(plan, i)->key_index == key_index)
            return (int64_t)i;
    return -1;
}

static void add_key(struct match *match, size_t key_index, const struct columns *columns)
{
    const struct config *config = plan_config(match->plan);
    const struct value *keys = config_keys(config);
    const char *name = value_key(keys, key_index);
    struct key_match key = {
        .plan = match->plan,
        .axis = axis_of_key(match->plan, key_index),
        .expected = value_item(keys, key_index),
        .otherwise = config_default(config, name),
        .column = store_columns_find(columns, name, key_index),
    };
    bool has_column = key.column < columns->count;
    if (has_column)
        key.cache = memory_new(cache_size, sizeof *key.cache);
    else
        key.column = SIZE_MAX;
    key.found_without = find_empty(&key); /* a column added later leaves its cell empty */
    vector_push(&match->keys, key);
}

static void match_begin(struct match *match, const struct plan *plan, const struct columns *columns)
{
    const struct value *keys = config_keys(plan_config(plan));
    *match = (struct match){.plan = plan};
    match->choice = memory_new(plan_axis_count(plan), sizeof *match->choice);
    for (size_t i = 0; i < value_count(keys); i++)
        if (plan_compares_key(value_key(keys, i)))
            add_key(match, i, columns);
}

static void match_end(struct match *match)
{
    for (size_t i = 0; i < match->keys.count; i++) {
        struct cached *cache = match->keys.items[i].cache;
        for (size_t j = 0; cache && j < cache_size; j++)
            free(cache[j].bytes);
        free(cache);
    }
    vector_free(&match->keys);
    free(match->choice);
    text_free(&match->scratch);
}

static bool match_row(struct match *match, const struct csv_reader *reader, uint64_t *rank)
{
    for (size_t i = 0; i < match->keys.count; i++) {
        struct key_match *key = &match->keys.items[i];
        int64_t found = key->found_without;
        if (key->column < reader->cells.count)
            found = find_cell(key, reader->cells.items[key->column], &match->scratch);
        if (found < 0)
            return false;
        if (key->axis >= 0)
            match->choice[key->axis] = (uint32_t)found;
    }
    return plan_rank(match->plan, match->choice, rank);
}

static bool match_rows(struct match *match, struct csv_reader *reader, const struct columns *columns,
                       struct number_set *finished, uint64_t *others, struct error *err)
{
    enum csv_status status;
    while ((status = store_csv_next(reader, err)) == CSV_RECORD) {
        uint64_t rank;
        if (store_csv_is_torn(reader, columns->count))
            continue;
        if (match_row(match, reader, &rank))
            number_set_add(finished, rank);
        else
            ++*others;
    }
    return status == CSV_END;
}

static bool find_finished(const char *path, const struct plan *plan, struct number_set *finished,
                          uint64_t *others, struct error *err)
{
    uint64_t uncounted = 0;
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (others)
        *others = 0;
    if (fd < 0)
        return errno == ENOENT || error_system(err, errno, "cannot read %s", path);

    CLEANUP(store_columns_free) struct columns columns = {0};
    struct csv_reader reader;
    store_csv_open(&reader, fd, path, 0);
    bool done = store_results_read_header(&reader, &columns, err) || err->kind == ERROR_NONE;
    if (done && columns.count > 0) {
        struct match match;
        match_begin(&match, plan, &columns);
        done = match_rows(&match, &reader, &columns, finished, others ? others : &uncounted, err);
        match_end(&match);
    }
    store_csv_close(&reader);
    return done;
}

bool store_find_finished(struct store *store, const struct plan *plan, struct number_set *finished,
                         uint64_t *others, struct error *err)
{
    /* A file of its own: the store's is the worker's while a batch is out. */
    return find_finished(store->results.path, plan, finished, others, err);
}

bool store_peek_finished(const char *log_dir, const struct plan *plan, struct number_set *finished,
                         struct error *err)
{
    CLEANUP(memory_free) char *path = file_join(log_dir, "run_data.csv");
    return find_finished(path, plan, finished, NULL, err);
}
