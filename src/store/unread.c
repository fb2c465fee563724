#include "store/unread.h"

#include <string.h>

#include "base/memory.h"
#include "store/internal.h"
#include "store/run_data.h"

static const char mark_key[] = "unread";

static const struct value *member(const struct run_record *results, const char *key)
{
    bool has = results->data && value_kind(results->data) == VALUE_OBJECT;
    return has ? value_get(results->data, key) : NULL;
}

bool store_unread_is_mark(const struct run_record *results)
{
    const struct value *mark = member(results, mark_key);
    return mark && value_bool(mark);
}

static struct value *make_mark(const struct attempt_end *end)
{
    struct value *data = value_new_object();
    value_object_set(data, "start_time", value_new_float(end->start_time));
    value_object_set(data, "end_time", value_new_float(end->end_time));
    value_object_set(data, "total_time", value_new_float(end->seconds));
    value_object_set(data, mark_key, value_new_bool(true));
    return data;
}

void store_add_ended(struct store *store, const struct run *run, const struct attempt_end *end)
{
    struct text json = {0};
    CLEANUP(value_cleanup) struct value *mark = make_mark(end);
    struct record *record = store_record_new(run, RUN_RUNNING);
    store_run_data_complete(&json, run->record, mark);
    record->run_data = text_take(&json);
    record->run_data_name = store_run_data_name(run);
    record->is_mark = true;
    store_add_record(store, record);
}

static double number_of(const struct run_record *mark, const char *key)
{
    const struct value *value = member(mark, key);
    return value && value_is_number(value) ? value_float(value) : 0;
}

/* The settings of a run, without what its record adds to them. */
static struct value *settings_of(const struct run_record *identity)
{
    struct value *meta = value_new_object();
    for (size_t i = 0; identity->meta && i < value_count(identity->meta); i++)
        if (strcmp(value_key(identity->meta, i), "run") != 0)
            value_object_set(meta, value_key(identity->meta, i), value_ref(value_item(identity->meta, i)));
    return meta;
}

struct unread_run store_unread_restore(const struct run_record *identity, const struct run_record *mark,
                                       const struct run *names)
{
    int64_t gpu_id = -1;
    struct text json = {0};
    struct run *run = memory_new(1, sizeof *run);
    *run = (struct run){
        .id = names->id,
        .name = memory_copy_text(names->name),
        .label = memory_copy_text(names->label),
        .directory = memory_copy_text(names->directory),
        .keys = value_ref(identity->keys),
        .meta = settings_of(identity),
        .use = CONFIG_FOR_PROGRAM, /* a Fork writes its results itself */
        .other_run_data = names->other_run_data,
        .attempt = names->attempt,
        .earlier = names->attempt,
    };
    if (identity->gpu_id && value_int(identity->gpu_id, &gpu_id))
        run->gpu_id = (int)gpu_id;
    CLEANUP(value_cleanup) struct value *record = store_record_value(run);
    store_run_data_add_json(&json, record);
    run->record = text_take(&json);
    struct attempt_end end = {
        .start_time = number_of(mark, "start_time"),
        .end_time = number_of(mark, "end_time"),
        .seconds = number_of(mark, "total_time"),
        .idle_ns = -1,
    };
    return (struct unread_run){run, end};
}

struct run *store_take_unread(struct store *store, struct attempt_end *end)
{
    struct unread *unread = &store->unread;
    if (unread->runs.count == 0)
        return NULL;
    struct unread_run *last = &unread->runs.items[--unread->runs.count];
    *end = last->end;
    return last->run;
}

void store_unread_free(struct unread *unread)
{
    for (size_t i = 0; i < unread->runs.count; i++)
        run_destroy(unread->runs.items[i].run);
    vector_free(&unread->runs);
}
