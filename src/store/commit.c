/* The order of a commit: run_data.json, run_data.csv, furcate.db. Each step forgets what it has written, so
 * that a further try goes on where the last one failed. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/vector.h"
#include "store/directory.h"
#include "store/internal.h"
#include "store/known.h"
#include "store/run_data.h"
#include "store/run_record.h"
#include "store/unrecorded.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

void store_commit_end(struct store *store)
{
    for (char *rest = store->notes.data, *line; store->notes.len > 0 && (line = strsep(&rest, "\n"));)
        if (*line)
            log_line(store->log, LOG_WARNING, "%s", line);
    text_clear(&store->notes);
}

bool store_commit_begin(struct store *store)
{
    store_drop_overtaken_marks(&store->batch, &store->pending);
    for (size_t i = 0; i < store->pending.count; i++)
        vector_push(&store->batch, store->pending.items[i]);
    store->batch.marks += store->pending.marks;
    store->pending.count = store->pending.marks = 0;
    store->batch_next_id = store->next_id;
    if (store->config) {
        free(store->batch_config);
        store->batch_config = store->config;
        store->config = NULL;
    }
    store_start_take(store);
    return store->batch.count > 0 || store->unrecorded.records.count > 0 || store->batch_config ||
           store->batch_code.text;
}

/* Makes the row of a run that wrote its run_data.json itself. Only the results are taken from there: what the
 * run was is what furcate wrote down before it began. Values are read, used and freed here, on one thread. */
static bool take_own_run_data(struct store *store, struct record *record, struct error *err)
{
    struct value *content;
    struct run_record identity, results = {0};
    if (!store_read_object(record->directory, record->run_data_name, &content, err) ||
        !store_run_record_parse(&identity, record->run_record, err))
        return false;
    if (content)
        store_run_record_take(&results, content);
    else
        text_addf(&store->notes, "%s has no readable %s; its row has no results\n", record->directory,
                  record->run_data_name);
    struct row_run who = {record->id, record->name, record->attempt, record->log_dir};
    store_row_free(&record->row);
    CLEANUP(value_cleanup) struct value *keys = store_run_record_row_keys(&identity, &results);
    store_row_make(&record->row, &(struct row_content){keys, identity.gpu_id, identity.meta, results.data},
                   &who);
    store_run_record_free(&identity);
    store_run_record_free(&results);
    free(record->run_record);
    record->run_record = NULL;
    return true;
}

static bool take_own_results(struct store *store, struct error *err)
{
    for (size_t i = 0; i < store->batch.count; i++)
        if (store->batch.items[i]->run_record && !take_own_run_data(store, store->batch.items[i], err))
            return false;
    return true;
}

/* The output went to a file that was opened before the run began. */
static void note_emptied(struct record *record)
{
    CLEANUP(memory_free) char *path = text_format("%s/%s.log", record->directory, record->name);
    if (access(path, F_OK) < 0 && errno == ENOENT)
        text_addf(
            &record->notes,
            "%s was emptied while its run executed: its output, and what it had reported before, are lost\n",
            record->directory);
}

static bool put_run_data(struct record *record, struct error *err)
{
    size_t len = strlen(record->run_data);
    CLEANUP(memory_free) char *path = file_join(record->directory, record->run_data_name);
    bool written = folder_write_path_synced(path, record->run_data, len, err);
    if (!written && err->number == ENOENT && mkdir(record->directory, 0755) == 0) {
        text_addf(&record->notes, "%s was deleted while its run executed; only the results are in it now\n",
                  record->directory);
        written = folder_write_path_synced(path, record->run_data, len, err);
    } else if (written)
        note_emptied(record);
    if (!written && store_directory_is_spoilt(err))
        text_addf(&record->notes, "%s; its row in run_data.csv is all there is of the results\n", err->text);
    return written || store_directory_is_spoilt(err);
}

/* The records of a batch whose run_data.json is to be written. */
struct unwritten {
    VECTOR(struct record *) records;
    pthread_mutex_t mutex;
    struct error err; /* the first failure */
};

/* On any thread; touches nothing but its own record. */
static bool write_one(void *context, size_t i)
{
    struct unwritten *unwritten = context;
    struct record *record = unwritten->records.items[i];
    struct error err;
    if (put_run_data(record, &err)) {
        free(record->run_data);
        record->run_data = NULL;
        return true;
    }
    pthread_mutex_lock(&unwritten->mutex);
    if (unwritten->err.kind == ERROR_NONE)
        unwritten->err = err;
    pthread_mutex_unlock(&unwritten->mutex);
    return false;
}

static void take_notes(struct store *store)
{
    for (size_t i = 0; i < store->batch.count; i++) {
        struct text *notes = &store->batch.items[i]->notes;
        text_add_bytes(&store->notes, text_get(notes), notes->len);
        text_clear(notes);
    }
}

/* Each file is synced by itself, since syncfs() would also wait for what all programs write. File systems
 * with a journal write one block for all that are synced at the same time, so several threads are several
 * times faster; a small batch is not worth them. */
static bool write_run_data(struct store *store, struct error *err)
{
    enum { worth_threads = 8, threads = 8 };
    struct unwritten unwritten = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    for (size_t i = 0; i < store->batch.count; i++)
        if (store->batch.items[i]->run_data)
            vector_push(&unwritten.records, store->batch.items[i]);
    size_t count = unwritten.records.count;
    bool written = parallel_each(count, count < worth_threads ? 1 : threads, write_one, &unwritten);
    take_notes(store);
    vector_free(&unwritten.records);
    pthread_mutex_destroy(&unwritten.mutex);
    if (!written)
        *err = unwritten.err;
    return written;
}

static void note_id(void *ids, int64_t id)
{
    number_set_add(ids, (uint64_t)id);
}

/* Finds the ids that have a row in the file which an editor has put in the place of the table just now. */
static bool read_ids(struct store *store, struct number_set *ids, struct error *err)
{
    struct known_rows known = {0};
    bool read = store_results_reopen(&store->results, err) &&
                store_known_read(&known, &store->results, note_id, ids, err);
    store_known_free(&known);
    return read;
}

/* Appends the rows of the batch, less those whose ids are in `there`. */
static bool append_rows(struct store *store, const struct number_set *there, bool *was_replaced,
                        struct error *err)
{
    size_t count = 0;
    CLEANUP(memory_free) const struct row **rows = memory_new(store->batch.count, sizeof *rows);
    for (size_t i = 0; i < store->batch.count; i++) {
        const struct record *record = store->batch.items[i];
        if (record->has_row && (there->count == 0 || !number_set_has(there, (uint64_t)record->id)))
            rows[count++] = &record->row;
    }
    *was_replaced = false;
    return count == 0 || store_results_append(&store->results, rows, count, was_replaced, err);
}

/* An editor may rename its copy over the table meanwhile: a copy from before that lacks the rows, a later one
 * has them. */
static bool append_all_rows(struct store *store, struct error *err)
{
    struct number_set there = {0};
    bool was_replaced, done = append_rows(store, &there, &was_replaced, err);
    while (done && was_replaced) {
        number_set_free(&there);
        there = (struct number_set){0};
        done = read_ids(store, &there, err) && append_rows(store, &there, &was_replaced, err);
    }
    number_set_free(&there);
    return done;
}

static bool write_rows(struct store *store, struct error *err)
{
    struct error ignored;
    if (!append_all_rows(store, err))
        return false;
    for (size_t i = 0; i < store->batch.count; i++) {
        struct record *record = store->batch.items[i];
        if (record->has_row)
            store_gone_note_row(&store->gone, &store->results, record->id);
        record->has_row = false;
    }
    store_gone_look(&store->gone, &store->results, false, &store->notes, &ignored); /* else at the next */
    return true;
}

struct store_gone store_look_for_gone(struct store *store)
{
    struct error ignored;
    if (store_results_are_unchanged(&store->results) || store_results_reopen(&store->results, &ignored))
        store_gone_look(&store->gone, &store->results, true, &store->notes, &ignored);
    store_commit_end(store);
    return (struct store_gone){store->gone.written_gone, store->gone.before_gone};
}

/* Of a batch that gathered while the disk stood still; malloc would keep it for good. */
static void give_memory_back(size_t batch_count)
{
#ifdef __GLIBC__
    enum { large_batch = 1000 };
    if (batch_count >= large_batch)
        malloc_trim(0);
#else
    (void)batch_count;
#endif
}

bool store_commit_work(struct store *store, struct error *err)
{
    if (!take_own_results(store, err) || !write_run_data(store, err) || !write_rows(store, err))
        return false;
    size_t count = store->batch.count;
    store_unrecorded_take(store);
    if (!store_unrecorded_write(store, err))
        return false;
    give_memory_back(count);
    return true;
}

static size_t count_rows(const struct records *records)
{
    size_t count = 0;
    for (size_t i = 0; i < records->count; i++)
        count += records->items[i]->has_row;
    return count;
}

size_t store_unwritten_rows(const struct store *store)
{
    return count_rows(&store->pending) + count_rows(&store->batch);
}

bool store_write_pending(struct store *store, struct error *err)
{
    bool done = true;
    while (done && (store->pending.count > 0 || !store->unrecorded.since) && store_commit_begin(store)) {
        done = store_commit_work(store, err);
        store_commit_end(store);
    }
    return done;
}

bool store_flush(struct store *store, struct error *err)
{
    return store_restore(store, err) && store_write_pending(store, err);
}
