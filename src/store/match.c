/* Rows of run_data.csv to ranks of a plan. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/internal.h"
#include "store/match_key.h"
#include "store/misread.h"
#include "store/older.h"
#include "store/others.h"
#include "store/run_record.h"

struct match {
    const struct plan *plan;
    const struct columns *columns;
    const char *log_dir;
    size_t id_column, log_dir_column;
    VECTOR(struct key_match) keys;
    uint32_t *choice;
    struct text scratch;
    struct key_list differing;
    struct number_set *finished;
    struct number_set by_other_code; /* ids of runs */
    uint64_t by_other_count;
    struct others others;
};

static bool is_compared(const struct match *match, size_t column)
{
    for (size_t i = 0; i < match->keys.count; i++)
        if (match->keys.items[i].column == column)
            return true;
    return false;
}

/* Returns whether the column may be that of a key of another config: not one that pandas has added. */
static bool may_be_key(const char *name)
{
    return *name && !store_columns_are_own(name) && plan_compares_key(name) &&
           strncmp(name, "Unnamed:", strlen("Unnamed:")) != 0;
}

static void add_extra_keys(struct match *match)
{
    for (size_t i = 0; i < match->columns->count; i++) {
        struct key_match key;
        if (!may_be_key(match->columns->items[i]) || is_compared(match, i))
            continue;
        store_match_key_init_extra(&key, match->plan, match->columns, i);
        vector_push(&match->keys, key);
    }
}

static void match_begin(struct match *match, const struct plan *plan, const struct columns *columns,
                        const char *log_dir)
{
    const struct value *keys = config_keys(plan_config(plan));
    *match = (struct match){.plan = plan, .columns = columns, .log_dir = log_dir};
    match->id_column = store_columns_find(columns, "run_id", 0);
    match->log_dir_column = store_columns_find(columns, "log_dir", 0);
    match->choice = memory_new(plan_axis_count(plan), sizeof *match->choice);
    for (size_t i = 0; i < value_count(keys); i++) {
        struct key_match key;
        if (!plan_compares_key(value_key(keys, i)))
            continue;
        store_match_key_init(&key, plan, i, columns);
        vector_push(&match->keys, key);
    }
    add_extra_keys(match);
}

static void match_end(struct match *match)
{
    others_free(&match->others);
    number_set_free(&match->by_other_code);
    for (size_t i = 0; i < match->keys.count; i++)
        store_match_key_free(&match->keys.items[i]);
    vector_free(&match->keys);
    vector_free(&match->differing);
    free(match->choice);
    text_free(&match->scratch);
}

/* Returns whether the header names a column that we know. Without one, every row would match no permutation,
 * or each of them. */
static bool knows_columns(const struct match *match)
{
    bool knows = store_misread_has_own(match->columns);
    for (size_t i = 0; i < match->keys.count && !knows; i++)
        knows = !match->keys.items[i].is_extra && match->keys.items[i].column < match->columns->count;
    return knows;
}

/* --- columns that the config has no key for --- */

static bool has_key_of(const struct value *keys, const char *column)
{
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i), *prefix = config_column_prefix(key);
        size_t len = strlen(prefix);
        if (strncmp(column, prefix, len) == 0 && strcmp(column + len, key) == 0)
            return true;
    }
    return false;
}

/* Not when it may be a default that an older furcate put there. */
static bool is_key_of(const struct run_record *record, const char *column)
{
    bool is_key = true;
    struct value *meanings[RECORD_MEANINGS];
    size_t count = store_older_meanings(record, meanings);
    for (size_t i = 0; i < count; i++) {
        is_key = is_key && has_key_of(meanings[i], column);
        value_unref(meanings[i]);
    }
    return is_key;
}

/* Notes whether the run of this row had the key, by the record in its directory, if that is still there. What
 * a Fork fills in by itself is as good as nothing. */
static void ask_run(struct match *match, const struct csv_reader *reader, struct key_match *key)
{
    struct error ignored;
    struct run_record record;
    if (match->log_dir_column >= reader->cells.count)
        return;
    struct csv_cell cell = store_csv_view(reader->cells.items[match->log_dir_column], &match->scratch);
    CLEANUP(memory_free) char *path = memory_copy_bytes(cell.bytes, cell.len);
    CLEANUP(memory_free) char *base_name = file_base_name(path);
    CLEANUP(memory_free) char *directory = file_join(match->log_dir, base_name);
    if (!file_is_name(base_name) || !store_run_record_read(&record, directory, &ignored) || !record.content)
        return;
    bool is_of_program = value_get(record.run, "gpu_id");
    key->extra = is_key_of(&record, key->name) ? EXTRA_IS_KEY : EXTRA_IS_NO_KEY;
    key->otherwise = is_of_program ? NULL : config_usual(plan_config(match->plan), key->name);
    store_run_record_free(&record);
}

/* Returns whether a config that was carried out here had the key, by furcate.db. */
static bool was_key(const struct match *match, struct key_match *key)
{
    if (!key->was_asked) {
        CLEANUP(memory_free) char *path = file_join(match->log_dir, "furcate.db");
        CLEANUP(memory_free) char *name = text_format(TEXT_KEY_PREFIX "%s", key->name);
        bool is_locked;
        CLEANUP(memory_free) char *text = store_database_peek_text(path, name, &is_locked);
        key->was_asked = true;
        key->was_key = text;
        key->otherwise = text && config_use(plan_config(match->plan)) == CONFIG_FOR_FORK
                             ? config_usual(plan_config(match->plan), key->name)
                             : NULL;
    }
    return key->was_key;
}

/* Returns whether the row is to be compared in the key. What people note in a column of their own makes no
 * other run of a row, and where neither a run nor furcate.db can be asked, the row counts. */
static bool is_compared_in(struct match *match, const struct csv_reader *reader, struct key_match *key)
{
    enum { most_asked = 100 };
    bool has_cell = key->column < reader->cells.count && reader->cells.items[key->column].len > 0;
    if (!key->is_extra)
        return true;
    if (key->extra == EXTRA_UNKNOWN && has_cell)
        ask_run(match, reader, key);
    if (key->extra == EXTRA_UNKNOWN && has_cell && ++key->looks == most_asked)
        key->extra = EXTRA_CANNOT_TELL;
    bool cannot_tell = key->extra == EXTRA_UNKNOWN || key->extra == EXTRA_CANNOT_TELL;
    return has_cell && (key->extra == EXTRA_IS_KEY || (cannot_tell && was_key(match, key)));
}

/* --- rows --- */

/* Fills in the choice, and the keys that the row differs in. */
static void compare_row(struct match *match, const struct csv_reader *reader)
{
    match->differing.count = 0;
    for (size_t i = 0; i < match->keys.count; i++) {
        struct key_match *key = &match->keys.items[i];
        if (!is_compared_in(match, reader, key))
            continue;
        int64_t found = store_match_key_find(key, reader, &match->scratch);
        if (found < 0)
            vector_push(&match->differing, (uint16_t)i);
        else if (key->axis >= 0)
            match->choice[key->axis] = (uint32_t)found;
    }
}

/* Returns whether no cell in which the row differs is one that a spreadsheet or an editor has damaged: a row
 * that differs in nothing but rounded numbers is no row of another config. */
static bool check_cells(struct match *match, const struct csv_reader *reader, struct error *err)
{
    size_t rounded = 0;
    const struct key_match *last = NULL;
    const struct value *exact = NULL;
    for (size_t i = 0; i < match->differing.count; i++) {
        struct key_match *key = &match->keys.items[match->differing.items[i]];
        if (!key->is_extra && store_match_key_is_garbled(key, &match->scratch))
            return store_misread_bytes(reader, key->name, err);
        const struct value *from = rounded == i ? store_match_key_exact(key, &match->scratch) : NULL;
        rounded += from != NULL;
        exact = from ? from : exact;
        last = from ? key : last;
    }
    if (rounded == 0 || rounded < match->differing.count)
        return true;
    struct csv_cell text = store_match_key_text(last, &match->scratch);
    return store_misread_rounded(reader, last->name, text, exact, err);
}

static bool is_by_other_code(struct match *match, const struct csv_reader *reader)
{
    if (match->id_column >= reader->cells.count)
        return false;
    struct csv_cell id = store_csv_view(reader->cells.items[match->id_column], &match->scratch);
    int64_t number = store_directory_id(id.bytes, id.len, "", 0);
    return number >= 0 && number_set_has(&match->by_other_code, (uint64_t)number);
}

static bool take_row(struct match *match, const struct csv_reader *reader, struct error *err)
{
    uint64_t rank;
    enum record_kind kind = store_misread_record(reader, match->columns, match->id_column, err);
    if (kind != RECORD_ROW)
        return kind == RECORD_EMPTY;
    compare_row(match, reader);
    if (match->differing.count == 0 && plan_rank(match->plan, match->choice, &rank)) {
        number_set_add(match->finished, rank);
        match->by_other_count += match->by_other_code.count > 0 && is_by_other_code(match, reader);
        return true;
    }
    if (!check_cells(match, reader, err))
        return false;
    others_add(&match->others, match->keys.items, &match->differing, &match->scratch);
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

/* `log_dir`: as it is to be shown; `directory`: the same, to be found. */
static bool find_finished(const char *directory, const char *log_dir, const struct plan *plan,
                          struct number_set *finished, struct other_rows *others, struct error *err)
{
    CLEANUP(memory_free) char *path = file_join(directory, "run_data.csv");
    CLEANUP(memory_free) char *database = file_join(directory, "furcate.db");
    CLEANUP(memory_free) char *shown = file_join(log_dir, "run_data.csv");
    CLEANUP(file_close_fd) int fd = folder_open_file(AT_FDCWD, path, O_RDONLY);
    if (others)
        others->count = others->odd = 0;
    if (fd < 0)
        return errno == ENOENT || folder_error(err, errno, "cannot read %s", path);

    CLEANUP(store_columns_free) struct columns columns = {0};
    struct csv_reader reader;
    store_csv_open(&reader, fd, path, 0);
    bool done = store_results_read_header(&reader, &columns, err) || err->kind == ERROR_NONE;
    if (done && columns.count > 0) {
        struct match match;
        match_begin(&match, plan, &columns, directory);
        match.finished = finished;
        if (others && others->code)
            store_database_peek_other_code(database, others->code, &match.by_other_code,
                                           &others->other_files);
        done = take_rows(&match, &reader, err);
        if (others) {
            others->count = match.others.count;
            others->by_other_code = match.by_other_count;
            others->odd =
                others_describe(&match.others, match.keys.items, match.keys.count, shown, &others->lines);
        }
        match_end(&match);
    }
    store_csv_close(&reader);
    return done;
}

bool store_find_finished(struct store *store, const struct plan *plan, struct number_set *finished,
                         struct other_rows *others, struct error *err)
{
    /* A file of its own: the store's is the worker's while a batch is out. */
    return find_finished(store->directory, store->given, plan, finished, others, err);
}

bool store_peek_finished(const char *log_dir, const char *shown, const struct plan *plan,
                         struct number_set *finished, struct other_rows *others, struct error *err)
{
    return find_finished(log_dir, shown, plan, finished, others, err);
}
