#include "store/run_data.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "config/config.h"
#include "store/run_record.h"

struct value *store_copy_object(const struct value *object)
{
    struct value *copy = value_new_object();
    for (size_t i = 0; object && value_kind(object) == VALUE_OBJECT && i < value_count(object); i++)
        value_object_set(copy, value_key(object, i), value_ref(value_item(object, i)));
    return copy;
}

struct value *store_run_data(const struct value *record, const struct value *data)
{
    struct value *run_data = store_copy_object(record);
    struct value *meta = store_copy_object(value_get(record, "meta"));
    value_object_set(meta, "data", value_ref(data));
    value_object_set(run_data, "meta", meta);
    return run_data;
}

void store_run_data_add_json(struct text *out, const struct value *run_data)
{
    value_add_json_lines(out, run_data);
    text_add_char(out, '\n');
}

void store_run_data_complete(struct text *out, const char *record, const struct value *data)
{
    static const char end[] = "\n  }\n}\n"; /* of meta, which is never empty, and of all */
    text_add_bytes(out, record, strlen(record) - (sizeof end - 1));
    text_add(out, ",\n    \"data\": ");
    value_add_json_part(out, data, 2);
    text_add(out, end);
}

/* Returns whether furcate could have written so many values: they take far more memory than their text. */
static bool is_bounded(const struct text *json)
{
    enum { most_values = 1 << 22 };
    size_t values = 0;
    bool in_string = false;
    for (size_t i = 0; i < json->len; i++) {
        char c = json->data[i];
        if (c == '"')
            in_string = !in_string;
        else if (in_string)
            i += c == '\\';
        else
            values += c == ',' || c == '[' || c == '{' || c == '\n';
    }
    return values <= most_values;
}

bool store_read_object(const char *directory, const char *name, struct value **object, struct error *err)
{
    enum { most_bytes = 1 << 28 };
    struct error ignored;
    CLEANUP(text_free) struct text json = {0};
    CLEANUP(memory_free) char *path = file_join(directory, name);
    *object = NULL;
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return true; /* as most often */
    CLEANUP(file_close_fd) int folder = folder_open(directory);
    if (folder < 0 || !folder_read(folder, name, most_bytes, &json))
        return errno == EFBIG || folder_error(err, errno, "cannot read %s", path) || !err->may_pass;
    if (!is_bounded(&json))
        return true;
    struct value *value = config_parse(path, text_get(&json), json.len, &ignored);
    if (value && value_kind(value) == VALUE_OBJECT)
        *object = value;
    else
        value_unref(value);
    return true;
}

/* Returns false where something has the name, were it a link that leads nowhere, and where that cannot be
 * seen. */
static bool is_free(const char *directory, const char *name)
{
    struct stat info;
    CLEANUP(memory_free) char *path = file_join(directory, name);
    return lstat(path, &info) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

static char *copy_first_fault(const struct value *data)
{
    const struct value *faults = value_member(data, "faults", VALUE_ARRAY);
    const struct value *first = faults && value_count(faults) > 0 ? value_item(faults, 0) : NULL;
    return first && value_kind(first) == VALUE_STRING ? memory_copy_text(value_text(first)) : NULL;
}

/* Finds whether a file is of the run with this id and name, and the first fault that it tells of. */
static bool look_into(const struct run *run, const char *name, bool *is_object, bool *has, char **fault,
                      struct error *err)
{
    struct value *content;
    struct run_record record;
    if (!store_read_object(run->directory, name, &content, err))
        return false;
    *is_object = content;
    if (!content)
        return true;
    store_run_record_take(&record, content);
    *has = store_run_record_is_of(&record, run->id, run->name);
    *fault = *has ? copy_first_fault(record.data) : NULL;
    store_run_record_free(&record);
    return true;
}

bool store_has_run_data(struct run *run, bool *has, char **fault, struct error *err)
{
    bool is_object;
    *has = false;
    *fault = NULL;
    run->other_run_data = false;
    if (is_free(run->directory, RUN_DATA_FILE))
        return true; /* as most often */
    if (!look_into(run, RUN_DATA_FILE, &is_object, has, fault, err))
        return false;
    if (*has)
        return true;
    run->other_run_data = is_object || run->use == CONFIG_FOR_PROGRAM;
    if (!is_free(run->directory, OTHER_RUN_DATA_FILE) &&
        !look_into(run, OTHER_RUN_DATA_FILE, &is_object, has, fault, err))
        return false;
    run->other_run_data |= *has;
    return true;
}

/* Returns whether run_data.json is free for the results of a run, or has those of an earlier attempt. */
static bool is_for(const char *directory, const struct value *run_data)
{
    struct error ignored;
    struct value *content;
    struct run_record own, there;
    if (is_free(directory, RUN_DATA_FILE))
        return true;
    if (!store_read_object(directory, RUN_DATA_FILE, &content, &ignored) || !content)
        return false;
    store_run_record_take(&own, value_ref(run_data));
    store_run_record_take(&there, content);
    bool is_for = store_run_record_is_of(&there, store_run_record_number(&own, "id", -1),
                                         store_run_record_text(&own, "name", ""));
    store_run_record_free(&own);
    store_run_record_free(&there);
    return is_for;
}

bool store_write_run_data(const char *directory, const struct value *run_data, struct error *err)
{
    CLEANUP(text_free) struct text json = {0};
    const char *name = is_for(directory, run_data) ? RUN_DATA_FILE : OTHER_RUN_DATA_FILE;
    CLEANUP(memory_free) char *path = file_join(directory, name);
    store_run_data_add_json(&json, run_data);
    return folder_write_path_synced(path, json.data, json.len, err);
}

const char *store_run_data_name(const struct run *run)
{
    return run->other_run_data ? OTHER_RUN_DATA_FILE : RUN_DATA_FILE;
}
