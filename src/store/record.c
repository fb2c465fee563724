#include "store/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/internal.h"
#include "store/run_data.h"

struct record *store_record_new(const struct run *run, enum run_state state)
{
    struct record *record = memory_new(1, sizeof *record);
    record->id = run->id;
    record->name = memory_copy_text(run->name);
    record->label = memory_copy_text(run->label);
    record->directory = memory_copy_text(run->directory);
    record->state = state;
    record->attempt = run->attempt;
    record->gpu_id = run->gpu_id;
    record->command = run->command ? memory_copy_text(run->command) : NULL;
    record->code = run->code;
    record->start_id = run->start_id;
    memcpy(record->slot, run->slot, sizeof record->slot);
    return record;
}

void store_record_free(struct record *record)
{
    free(record->name);
    free(record->label);
    free(record->directory);
    free(record->error_tail);
    free(record->command);
    free(record->log_dir);
    free(record->run_data);
    free(record->run_record);
    store_row_free(&record->row);
    text_free(&record->notes);
    free(record);
}

void store_add_record(struct store *store, struct record *record)
{
    vector_push(&store->pending, record);
    store->pending.marks += record->is_mark;
}

void store_add_started(struct store *store, const struct run *run, double start_time, int pid)
{
    struct record *record = store_record_new(run, RUN_RUNNING);
    record->start_time = start_time;
    record->pid = pid;
    store_add_record(store, record);
}

static void drop(struct records *records, size_t i)
{
    struct record *record = records->items[i];
    records->marks -= record->is_mark;
    records->count--;
    memmove(records->items + i, records->items + i + 1, (records->count - i) * sizeof *records->items);
    store_record_free(record);
}

/* Takes the pid over from the record of the attempt's start, when that is still to be written, and drops
 * that. */
static void take_start(struct store *store, struct record *record)
{
    struct records *pending = &store->pending;
    for (size_t i = pending->count; i-- > 0;) {
        const struct record *start = pending->items[i];
        if (start->id != record->id || start->attempt != record->attempt || start->has_ended ||
            start->is_mark)
            continue;
        record->pid = start->pid;
        drop(pending, i);
        return;
    }
}

/* Drops the mark of a run that is followed by its results, so that two threads write no file at once. */
static void drop_mark(struct records *records, int64_t id)
{
    for (size_t i = records->marks > 0 ? records->count : 0; i-- > 0;)
        if (records->items[i]->is_mark && records->items[i]->id == id) {
            drop(records, i);
            return;
        }
}

void store_drop_overtaken_marks(struct records *batch, const struct records *pending)
{
    for (size_t i = 0; i < pending->count && batch->marks > 0; i++)
        if (pending->items[i]->has_row)
            drop_mark(batch, pending->items[i]->id);
}

static struct record *new_end(struct store *store, const struct run *run, const struct attempt_end *end,
                              enum run_state state)
{
    struct record *record = store_record_new(run, state);
    record->start_time = end->start_time;
    record->has_ended = true;
    record->end = *end;
    take_start(store, record);
    return record;
}

void store_add_finished(struct store *store, const struct run *run, const struct attempt_end *end,
                        struct value *data)
{
    struct record *record = new_end(store, run, end, RUN_FINISHED);
    CLEANUP(memory_free) char *base_name = file_base_name(run->directory);
    CLEANUP(value_cleanup) struct value *gpu_id = value_new_int(run->gpu_id);

    record->log_dir = store_log_dir_cell(store, base_name);
    struct row_run who = {run->id, run->name, run->attempt, record->log_dir};
    store_row_make(&record->row, &(struct row_content){run->keys, gpu_id, run->meta, data}, &who);
    record->has_row = true;
    record->run_data_name = store_run_data_name(run);
    if (run->other_run_data)
        store_tell_of_own_file(store, run, RUN_DATA_FILE, OTHER_RUN_DATA_FILE);
    if (data) {
        struct text json = {0};
        store_run_data_complete(&json, run->record, data);
        record->run_data = text_take(&json);
        value_unref(data);
    } else {
        record->run_record = memory_copy_text(run->record);
    }
    store_unfinished_drop(&store->unfinished, run->keys, run->id);
    drop_mark(&store->pending, run->id);
    store_add_record(store, record);
}

void store_add_failed(struct store *store, const struct run *run, const struct attempt_end *end,
                      const char *error_tail, bool final)
{
    struct record *record = new_end(store, run, end, final ? RUN_FAILED : RUN_RETRYING);
    CLEANUP(memory_free) char *base_name = file_base_name(run->directory);
    struct unfinished_run again = {run->id, run->attempt, run->name, run->label, base_name};
    record->error_tail = memory_copy_text(error_tail);
    store_unfinished_put(&store->unfinished, run->keys, &again);
    store_add_record(store, record);
}

void store_add_state(struct store *store, const struct run *run, bool final)
{
    struct record *record = store_record_new(run, final ? RUN_FAILED : RUN_RETRYING);
    record->attempt = 0; /* that is recorded already */
    store_add_record(store, record);
}
