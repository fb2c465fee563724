#include "config/record.h"

#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "config/config.h"
#include "config/parse.h"
#include "config/source.h"

/* Makes a sum, since the order of keys makes no difference. */
static uint64_t hash_keys(const struct value *keys)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        if (strcmp(key, "log_dir") != 0)
            sum += hash_number(hash_bytes(0, key, strlen(key)), value_hash(value_item(keys, i)));
    }
    return sum;
}

/* A record that is being read. */
struct reading {
    const struct value *run; /* meta.run */
    struct value *keys;      /* those of the run; owned */
    bool of_program; /* which has the GPU and the directory in meta.run, since its keys are the user's */
    bool is_edited;  /* somebody has made a config of it, so that its arrays are axes */
};

static void open_record(struct reading *reading, const struct value *root)
{
    reading->of_program = value_member(reading->run, "gpu_id", VALUE_INT);
    reading->keys = value_new_object();
    for (size_t i = 0; i < value_count(root); i++) {
        const char *key = value_key(root, i);
        bool is_own = strcmp(key, "meta") == 0 || (!reading->of_program && strcmp(key, "gpu_id") == 0);
        if (!is_own)
            value_object_set(reading->keys, key, value_ref(value_item(root, i)));
    }
    const struct value *written = value_member(reading->run, "hash", VALUE_STRING);
    CLEANUP(memory_free) char *hash = config_format_hash(reading->keys);
    reading->is_edited = !written || strcmp(value_text(written), hash) != 0;
}

char *config_format_hash(const struct value *keys)
{
    return text_format("%016llx", (unsigned long long)hash_keys(keys));
}

/* Returns whether a key of meta tells of the run alone. The configs that the plan excluded say nothing about
 * one of its runs. */
static bool is_of_run(const struct reading *reading, const char *key)
{
    return strcmp(key, "run") == 0 || strcmp(key, "data") == 0 ||
           (!reading->is_edited && strcmp(key, "exclude_configs") == 0);
}

static struct value *clean_meta(const struct reading *reading, const struct value *meta)
{
    struct value *rest = value_new_object();
    value_set_place(rest, value_place(meta));
    for (size_t i = 0; i < value_count(meta); i++) {
        if (is_of_run(reading, value_key(meta, i)))
            continue;
        value_object_set(rest, value_key(meta, i), value_ref(value_item(meta, i)));
        value_set_key_place(rest, value_key(meta, i), value_key_place(meta, i));
    }
    return rest;
}

/* Returns the value so that it is no axis: an array is one value of the run. */
static struct value *one_value(const struct value *value)
{
    if (value_kind(value) != VALUE_ARRAY)
        return value_ref(value);
    struct value *axis = value_new_array();
    value_set_place(axis, value_place(value));
    value_array_add(axis, value_ref(value));
    return axis;
}

struct value *config_one_run(const struct value *keys)
{
    struct value *config = value_new_object();
    value_set_place(config, value_place(keys));
    for (size_t i = 0; i < value_count(keys); i++) {
        value_object_set(config, value_key(keys, i), one_value(value_item(keys, i)));
        value_set_key_place(config, value_key(keys, i), value_key_place(keys, i));
    }
    return config;
}

/* Returns the folder that the run's directory is in; NULL: this is no path of one. free() it. */
static char *folder_of(const struct value *directory, const char *name)
{
    const char *path = directory ? value_text(directory) : "";
    const char *slash = strrchr(path, '/');
    size_t len = strlen(name);
    if (!slash || strncmp(slash + 1, name, len) != 0 || (slash[1 + len] && slash[1 + len] != '_'))
        return NULL;
    return memory_copy_bytes(path, slash > path ? (size_t)(slash - path) : 1);
}

static struct value *config_of(const struct reading *reading, const struct value *root, const char *log_dir)
{
    struct value *config = value_new_object();
    value_set_place(config, value_place(root));
    for (size_t i = 0; i < value_count(root); i++) {
        const char *key = value_key(root, i);
        const struct value *item = value_item(root, i);
        bool is_log_dir = !reading->of_program && log_dir && strcmp(key, "log_dir") == 0;
        if (!reading->of_program && strcmp(key, "gpu_id") == 0)
            continue;
        struct value *kept = strcmp(key, "meta") == 0 ? clean_meta(reading, item)
                             : is_log_dir             ? value_new_string(log_dir, strlen(log_dir))
                             : reading->is_edited     ? value_ref(item)
                                                      : one_value(item);
        value_object_set(config, key, kept);
        value_set_key_place(config, key, value_key_place(root, i));
    }
    return config;
}

static const struct value *run_of(const struct value *root)
{
    return value_member(value_member(root, "meta", VALUE_OBJECT), "run", VALUE_OBJECT);
}

/* Returns the path of furcate.json in the folder of a file. free() it. */
static char *neighbour_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    CLEANUP(memory_free) char *folder = memory_copy_bytes(path, slash ? (size_t)(slash + 1 - path) : 0);
    return text_format("%sfurcate.json", folder);
}

/* Returns the same value as `record`, the content of that file, with places that say that it stands there.
 * One reference. */
static struct value *read_as_source(const char *path, const struct value *record, struct faults *faults)
{
    struct error ignored;
    CLEANUP(text_free) struct text text = {0};
    struct value *placed = NULL;
    if (config_read_source(path, &text, &ignored))
        placed = config_parse_source(text_get(&text), text.len,
                                     faults_add_source(faults, path, text_get(&text), text.len), faults);
    return placed ? placed : value_ref(record);
}

/*
 * Returns whether a file is of the run of that record, and unedited: the config.json of a program has its
 * keys alone; the run_data.json of a Fork that was wrapped has the Fork's defaults too, which the plan does
 * not know.
 */
static bool is_of(const struct value *root, const struct value *record)
{
    const struct value *run = run_of(root), *known = run_of(record);
    const struct value *id = value_member(run, "id", VALUE_INT),
                       *known_id = value_member(known, "id", VALUE_INT);
    const struct value *name = value_member(run, "name", VALUE_STRING),
                       *known_name = value_member(known, "name", VALUE_STRING);
    struct reading reading = {.run = run ? run : known};
    if (!known || (run && !(id && known_id && name && known_name && value_equal(id, known_id) &&
                            value_equal(name, known_name))))
        return false;
    open_record(&reading, root);
    value_unref(reading.keys);
    return !reading.is_edited;
}

struct value *config_take_record(struct value *root, const char *path, char **log_dir, struct faults *faults)
{
    struct error ignored;
    bool may_be = value_kind(root) == VALUE_OBJECT && (run_of(root) || !value_get(root, "meta"));
    CLEANUP(memory_free) char *record_path = neighbour_of(path);
    CLEANUP(value_cleanup) struct value *record = may_be ? config_parse_file(record_path, &ignored) : NULL;
    if (record && strcmp(path, record_path) != 0 && is_of(root, record)) {
        value_unref(root);
        root = read_as_source(record_path, record, faults);
    }
    struct reading reading = {.run = run_of(root)};
    const struct value *name = value_member(reading.run, "name", VALUE_STRING);
    *log_dir = NULL;
    if (!value_member(reading.run, "id", VALUE_INT) || !name)
        return root;
    open_record(&reading, root);
    const struct value *holder = reading.of_program ? reading.run : root;
    *log_dir = folder_of(value_member(holder, "log_dir", VALUE_STRING), value_text(name));
    struct value *config = config_of(&reading, root, *log_dir);
    value_unref(reading.keys);
    value_unref(root);
    return config;
}
