#include "store/run_data.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/config.h"
#include "store/store.h"

struct value *store_copy_object(const struct value *object)
{
    struct value *copy = value_new_object();
    for (size_t i = 0; object && value_kind(object) == VALUE_OBJECT && i < value_count(object); i++)
        value_object_set(copy, value_key(object, i), value_ref(value_item(object, i)));
    return copy;
}

struct value *store_run_data(const struct value *config_json, const struct value *data)
{
    struct value *run_data = store_copy_object(config_json);
    struct value *meta = store_copy_object(value_get(config_json, "meta"));
    value_object_set(meta, "data", value_ref(data));
    value_object_set(run_data, "meta", meta);
    return run_data;
}

void store_run_data_add_json(struct text *out, const struct value *run_data)
{
    value_add_json_lines(out, run_data);
    text_add_char(out, '\n');
}

void store_run_data_complete(struct text *out, const char *config_json, const struct value *data)
{
    static const char end[] = "\n  }\n}\n"; /* of meta, which is never empty, and of all */
    text_add_bytes(out, config_json, strlen(config_json) - (sizeof end - 1));
    text_add(out, ",\n    \"data\": ");
    value_add_json_part(out, data, 2);
    text_add(out, end);
}

bool store_write_run_data(const char *directory, const struct value *run_data, struct error *err)
{
    CLEANUP(text_free) struct text json = {0};
    CLEANUP(memory_free) char *path = file_join(directory, "run_data.json");
    store_run_data_add_json(&json, run_data);
    return file_write_atomic(path, json.data, json.len, err);
}

static bool read_object(const char *directory, const char *name, struct value **object, struct error *err)
{
    struct error ignored;
    CLEANUP(text_free) struct text json = {0};
    CLEANUP(memory_free) char *path = file_join(directory, name);
    *object = NULL;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return true; /* as most often */
    if (!file_read(path, &json, err))
        return !err->may_pass;
    struct value *value = config_parse(path, text_get(&json), json.len, &ignored);
    if (value && value_kind(value) == VALUE_OBJECT)
        *object = value;
    else
        value_unref(value);
    return true;
}

bool store_run_data_read(const char *directory, struct value **run_data, struct error *err)
{
    return read_object(directory, "run_data.json", run_data, err);
}

bool store_run_config_read(const char *directory, struct value **config, struct error *err)
{
    return read_object(directory, "config.json", config, err);
}

static const struct value *member(const struct value *object, const char *key, enum value_kind kind)
{
    const struct value *value = object ? value_get(object, key) : NULL;
    return value && value_kind(value) == kind ? value : NULL;
}

static char *copy_first_fault(const struct value *run_data)
{
    const struct value *data = member(member(run_data, "meta", VALUE_OBJECT), "data", VALUE_OBJECT);
    const struct value *faults = member(data, "faults", VALUE_ARRAY);
    const struct value *first = faults && value_count(faults) > 0 ? value_item(faults, 0) : NULL;
    return first && value_kind(first) == VALUE_STRING ? memory_copy_text(value_text(first)) : NULL;
}

bool store_has_run_data(const struct run *run, bool *has, char **fault, struct error *err)
{
    CLEANUP(value_cleanup) struct value *run_data = NULL;
    bool read = store_run_data_read(run->directory, &run_data, err);
    *has = run_data;
    *fault = copy_first_fault(run_data);
    return read;
}
