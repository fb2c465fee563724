/* The last step of a commit: what furcate.db is to have. While another program has the database locked, it
 * waits here; run_data.json and run_data.csv are written by then. */
#include "store/unrecorded.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "config/config.h"
#include "plan/plan.h"
#include "store/internal.h"

/* Some 50 MB. */
enum { most_records = 100000 };

void store_unrecorded_take(struct store *store)
{
    for (size_t i = 0; i < store->batch.count; i++) {
        struct record *record = store->batch.items[i];
        store_row_free(&record->row);
        record->row = (struct row){0};
        if (record->is_mark)
            store_record_free(record);
        else
            vector_push(&store->unrecorded.records, record);
    }
    store->batch.count = store->batch.marks = 0;
}

void store_unrecorded_free(struct unrecorded *unrecorded)
{
    for (size_t i = 0; i < unrecorded->records.count; i++)
        store_record_free(unrecorded->records.items[i]);
    vector_free(&unrecorded->records);
}

size_t store_count_unrecorded(const struct store *store)
{
    return store->unrecorded.since ? store->unrecorded.records.count : 0;
}

bool store_is_behind(const struct store *store)
{
    return store->unrecorded.since;
}

static bool put_record(struct database *database, const struct record *record, struct error *err)
{
    CLEANUP(memory_free) char *base_name = file_base_name(record->directory);
    struct run_entry run = {record->id, record->name, record->label, base_name, record->state};
    struct attempt_entry attempt = {
        .run_id = record->id,
        .attempt = record->attempt,
        .gpu_id = record->gpu_id,
        .slot = record->slot,
        .pid = record->pid,
        .start_time = record->start_time,
        .has_ended = record->has_ended,
        .end_time = record->end.end_time,
        .exit_status = record->end.exit_status,
        .signal = record->end.signal,
        .reason = record->end.reason,
        .error_tail = record->error_tail,
        .idle_ns = record->end.idle_ns,
        .seconds = record->end.seconds,
        .cpu_seconds = record->end.cpu_seconds,
        .peak_memory = record->end.peak_memory,
        .start_id = record->start_id,
        .command = record->command,
        .code = record->code,
    };
    return store_database_put_run(database, &run, err) &&
           (record->attempt == 0 || store_database_put_attempt(database, &attempt, err));
}

/* The keys of all configs stay, since a row whose run directory is gone does not tell what was a key of it.
 */
static bool put_config(struct store *store, struct error *err)
{
    struct error ignored;
    const char *text = store->batch_config;
    CLEANUP(value_cleanup) struct value *config = config_parse(TEXT_CONFIG, text, strlen(text), &ignored);
    bool put = store_database_put_text(store->database, TEXT_CONFIG, text, err);
    for (size_t i = 0; put && config && i < value_count(config); i++) {
        const char *key = value_key(config, i);
        CLEANUP(memory_free)
        char *name = text_format(TEXT_KEY_PREFIX "%s%s", config_column_prefix(key), key);
        put = !plan_compares_key(key) || store_database_put_text(store->database, name, "", err);
    }
    return put;
}

static bool put_batch(struct store *store, struct error *err)
{
    if (!store_database_begin(store->database, err))
        return false;
    bool put = store_database_put_fact(store->database, FACT_NEXT_ID, store->batch_next_id, err);
    if (put && store->batch_config)
        put = put_config(store, err);
    put = put && store_start_put(store, err);
    for (size_t i = 0; put && i < store->unrecorded.records.count; i++)
        put = put_record(store->database, store->unrecorded.records.items[i], err);
    if (put)
        return store_database_commit(store->database, err);
    store_database_rollback(store->database);
    return false;
}

static void give_up_database(struct store *store, const struct error *why)
{
    struct error ignored;
    CLEANUP(memory_free) char *aside = store_database_give_up(store->database, &ignored);
    store->database = NULL;
    text_addf(&store->notes, "%s; going on without it until the next start%s%s\n", why->text,
              aside ? "; set aside as " : "", aside ? aside : "");
}

/* Notes that the database is locked, and tells it once. Returns whether what waits for it may go on to. */
static bool wait(struct store *store, const struct error *why)
{
    struct unrecorded *unrecorded = &store->unrecorded;
    if (unrecorded->records.count > most_records)
        return false;
    if (!unrecorded->since)
        text_addf(&store->notes,
                  "%s; runs and rows go on, and what is to be recorded there waits in memory\n", why->text);
    unrecorded->since = unrecorded->since ? unrecorded->since : clock_monotonic();
    return true;
}

static void end_wait(struct store *store)
{
    char lasted[48];
    if (!store->unrecorded.since)
        return;
    duration_format(clock_seconds_since(store->unrecorded.since), lasted);
    text_addf(&store->notes, "furcate.db is free again, after %s, and all that waited is recorded\n", lasted);
    store->unrecorded.since = 0;
}

bool store_unrecorded_write(struct store *store, struct error *err)
{
    if (store->database && !put_batch(store, err)) {
        bool is_busy = store_database_is_busy(store->database);
        if (is_busy && wait(store, err))
            return true;
        if (!is_busy && !store_database_is_lost(store->database))
            return false;
        store->unrecorded.since = 0;
        give_up_database(store, err); /* the CSV and the run directories hold all that counts */
    }
    end_wait(store);
    store_unrecorded_free(&store->unrecorded);
    store->unrecorded.records = (struct records){0};
    free(store->batch_config);
    store->batch_config = NULL;
    store_start_is_put(store);
    return true;
}
