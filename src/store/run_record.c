#include "store/run_record.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/config.h"
#include "plan/plan.h"
#include "store/directory.h"
#include "store/run_data.h"

static struct value *identity(const struct run *run)
{
    struct value *object = value_new_object();
    value_object_set(object, "id", value_new_int(run->id));
    value_object_set_text(object, "name", run->name);
    value_object_set_text(object, "label", run->label);
    value_object_set(object, "attempt", value_new_int(run->attempt));
    CLEANUP(memory_free) char *hash = config_format_hash(run->keys);
    value_object_set_text(object, "hash", hash);
    if (run->use == CONFIG_FOR_PROGRAM) {
        value_object_set(object, "gpu_id", value_new_int(run->gpu_id));
        value_object_set_text(object, "log_dir", run->directory);
    }
    if (run->start)
        value_object_set(object, "start", value_ref(run->start));
    return object;
}

struct value *store_record_value(const struct run *run)
{
    bool of_fork = run->use == CONFIG_FOR_FORK;
    struct value *meta = store_copy_object(run->meta), *record = value_new_object();
    value_object_set(meta, "run", identity(run));
    for (size_t i = 0; i < value_count(run->keys); i++)
        if (!of_fork || strcmp(value_key(run->keys, i), "log_dir") != 0)
            value_object_set(record, value_key(run->keys, i), value_ref(value_item(run->keys, i)));
    if (of_fork) {
        value_object_set(record, "gpu_id", value_new_int(run->gpu_id));
        value_object_set_text(record, "log_dir", run->directory);
    }
    value_object_set(record, "meta", meta); /* the last, as store_run_data_complete() wants it */
    return record;
}

static const struct value *get(const struct value *object, const char *key)
{
    return object && value_kind(object) == VALUE_OBJECT ? value_get(object, key) : NULL;
}

void store_run_record_take(struct run_record *record, struct value *content)
{
    const struct value *meta = get(content, "meta"), *run = get(meta, "run");
    bool of_program = get(run, "gpu_id");
    *record = (struct run_record){
        .content = content,
        .keys = value_new_object(),
        .meta = meta,
        .run = run,
        .gpu_id = get(of_program ? run : content, "gpu_id"),
        .data = get(meta, "data"),
    };
    for (size_t i = 0; i < value_count(content); i++) {
        const char *key = value_key(content, i);
        bool is_own = !of_program && (strcmp(key, "gpu_id") == 0 || strcmp(key, "log_dir") == 0);
        if (!is_own && strcmp(key, "meta") != 0)
            value_object_set(record->keys, key, value_ref(value_item(content, i)));
    }
}

bool store_run_record_parse(struct run_record *record, const char *text, struct error *err)
{
    *record = (struct run_record){0};
    struct value *content = config_parse("the record of a run", text, strlen(text), err);
    if (content)
        store_run_record_take(record, content);
    return content;
}

bool store_run_record_read(struct run_record *record, const char *directory, struct error *err)
{
    static const char *const files[] = {RECORD_FILE, "config.json"};
    *record = (struct run_record){0};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct value *content;
        if (!store_read_object(directory, files[i], &content, err))
            return false;
        if (!content)
            continue;
        store_run_record_take(record, content);
        record->is_older = i > 0;
        if (store_run_record_has_identity(record))
            return true;
        store_run_record_free(record);
    }
    return true;
}

void store_run_record_free(struct run_record *record)
{
    value_unref(record->content);
    value_unref(record->keys);
    *record = (struct run_record){0};
}

bool store_run_record_has_identity(const struct run_record *record)
{
    return store_run_record_number(record, "id", -1) >= 0;
}

bool store_run_record_is_of(const struct run_record *record, int64_t id, const char *name)
{
    return store_run_record_number(record, "id", -1) == id &&
           strcmp(store_run_record_text(record, "name", ""), name) == 0;
}

struct value *store_run_record_row_keys(const struct run_record *identity, const struct run_record *results)
{
    struct value *keys = store_copy_object(identity->keys);
    for (size_t i = 0; results->keys && i < value_count(results->keys); i++) {
        const char *key = value_key(results->keys, i);
        if (!value_get(keys, key) && !config_has_default(key))
            value_object_set(keys, key, value_ref(value_item(results->keys, i)));
    }
    return keys;
}

/* Returns whether all keys of `a` that make a permutation are in `b` too. */
static bool is_within(const struct value *a, const struct value *b)
{
    for (size_t i = 0; i < value_count(a); i++) {
        const char *key = value_key(a, i);
        const struct value *other = value_get(b, key);
        if (plan_compares_key(key) && !(other && plan_values_equal(key, value_item(a, i), other)))
            return false;
    }
    return true;
}

bool store_same_permutation(const struct value *a, const struct value *b)
{
    return is_within(a, b) && is_within(b, a);
}

const char *store_run_record_text(const struct run_record *record, const char *key, const char *otherwise)
{
    const struct value *value = get(record->run, key);
    return value && value_kind(value) == VALUE_STRING ? value_text(value) : otherwise;
}

int64_t store_run_record_number(const struct run_record *record, const char *key, int64_t otherwise)
{
    const struct value *value = get(record->run, key);
    int64_t number = -1;
    bool valid = value && value_int(value, &number) && number >= 0 && number <= STORE_HIGHEST_ID;
    return valid ? number : otherwise;
}
