/* Rows of run_data.csv to ranks of a plan. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/internal.h"
#include "store/match_key.h"
#include "store/misread.h"

struct match {
    const struct plan *plan;
    const struct columns *columns;
    size_t id_column;
    VECTOR(struct key_match) keys;
    uint32_t *choice;
    struct text scratch;
    struct number_set *finished;
    uint64_t others;
};

static void match_begin(struct match *match, const struct plan *plan, const struct columns *columns)
{
    const struct value *keys = config_keys(plan_config(plan));
    *match = (struct match){.plan = plan, .columns = columns};
    match->id_column = store_columns_find(columns, "run_id", 0);
    match->choice = memory_new(plan_axis_count(plan), sizeof *match->choice);
    for (size_t i = 0; i < value_count(keys); i++) {
        struct key_match key;
        if (!plan_compares_key(value_key(keys, i)))
            continue;
        store_match_key_init(&key, plan, i, columns);
        vector_push(&match->keys, key);
    }
}

static void match_end(struct match *match)
{
    for (size_t i = 0; i < match->keys.count; i++)
        store_match_key_free(&match->keys.items[i]);
    vector_free(&match->keys);
    free(match->choice);
    text_free(&match->scratch);
}

/* Whether the header tells where anything stands: the rows would all be other runs else, or all the same. */
static bool knows_columns(const struct match *match)
{
    bool knows = store_misread_has_own(match->columns);
    for (size_t i = 0; i < match->keys.count && !knows; i++)
        knows = match->keys.items[i].column < match->columns->count;
    return knows;
}

/* Whether the row is of the plan, and its rank. */
static bool find_rank(struct match *match, const struct csv_reader *reader, bool *is_of_plan, uint64_t *rank,
                      struct error *err)
{
    *is_of_plan = false;
    for (size_t i = 0; i < match->keys.count; i++) {
        struct key_match *key = &match->keys.items[i];
        int64_t found;
        if (!store_match_key_find(key, reader, &match->scratch, &found, err))
            return false;
        if (found < 0)
            return true;
        if (key->axis >= 0)
            match->choice[key->axis] = (uint32_t)found;
    }
    *is_of_plan = plan_rank(match->plan, match->choice, rank);
    return true;
}

static bool take_row(struct match *match, const struct csv_reader *reader, struct error *err)
{
    uint64_t rank;
    bool is_of_plan;
    enum record_kind kind = store_misread_record(reader, match->columns, match->id_column, err);
    if (kind != RECORD_ROW)
        return kind == RECORD_EMPTY;
    if (!find_rank(match, reader, &is_of_plan, &rank, err))
        return false;
    if (is_of_plan)
        number_set_add(match->finished, rank);
    else
        match->others++;
    return true;
}

static bool take_rows(struct match *match, struct csv_reader *reader, struct error *err)
{
    enum csv_status status;
    if (!knows_columns(match))
        return !reader->complete || store_misread_columns(reader->path, match->columns, err);
    while ((status = store_csv_next(reader, err)) == CSV_RECORD)
        if (!store_csv_is_torn(reader, match->columns->count) && !take_row(match, reader, err))
            return false;
    return status == CSV_END;
}

static bool find_finished(const char *path, const struct plan *plan, struct number_set *finished,
                          uint64_t *others, struct error *err)
{
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
        match.finished = finished;
        done = take_rows(&match, &reader, err);
        if (others)
            *others = match.others;
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
