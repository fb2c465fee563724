/* The config of a run as the methods see it: all that the runner writes into config.json for a Fork. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "config/config.h"
#include "fork/fork.h"

const struct value *fork_run_identity(const struct value *config)
{
    return value_member(value_member(config, "meta", VALUE_OBJECT), "run", VALUE_OBJECT);
}

/* Returns the run directory: that of the config when nobody says more, as for a run that is debugged by hand.
 * free() it. */
static char *find_directory(const char *config_path)
{
    const char *given = getenv("FURCATE_RUN_DIR");
    CLEANUP(memory_free) char *path = file_absolute(given && *given ? given : config_path);
    char *slash = given && *given ? NULL : strrchr(path, '/');
    CLEANUP(memory_free)
    char *folder = slash ? memory_copy_bytes(path, (size_t)(slash - path)) : memory_copy_text(path);
    char *real = slash ? realpath(folder, NULL) : NULL; /* by hand it may be reached through a link */
    return real ? real : memory_copy_text(folder);
}

static const char *variable_of(const char *name)
{
    const char *text = getenv(name);
    return text && *text ? text : NULL;
}

static void copy(struct value *object, const char *key, const struct value *from)
{
    const struct value *value = from ? value_get(from, key) : NULL;
    if (value)
        value_object_set(object, key, value_ref(value));
}

/* Adds a member that the environment may have too, whose value then goes first. `known`: meta.run of
 * furcate.json; may be NULL. */
static void add_number(struct value *object, const char *key, const char *variable, const struct value *known)
{
    const char *text = variable_of(variable);
    copy(object, key, known);
    if (text)
        value_object_set(object, key, value_new_plain(text, strlen(text)));
}

static struct value *identity(const struct value *known, const struct value *keys)
{
    struct value *run = value_new_object();
    CLEANUP(memory_free) char *hash = config_format_hash(keys);
    const char *name = variable_of("FURCATE_NAME");
    add_number(run, "id", "FURCATE_ID", known);
    copy(run, "name", known);
    if (name)
        value_object_set_text(run, "name", name);
    copy(run, "label", known);
    add_number(run, "attempt", "FURCATE_ATTEMPT", known);
    value_object_set_text(run, "hash", hash);
    return run;
}

static void add_run(struct value *config, const char *directory, const struct value *record)
{
    const struct value *known = fork_run_identity(record),
                       *known_meta = value_member(record, "meta", VALUE_OBJECT);
    struct value *meta = value_new_object();
    for (size_t i = 0; known_meta && i < value_count(known_meta); i++)
        value_object_set(meta, value_key(known_meta, i), value_ref(value_item(known_meta, i)));
    value_object_set(meta, "run", identity(known, config));
    add_number(config, "gpu_id", "FURCATE_GPU", known);
    value_object_set_text(config, "log_dir", directory);
    value_object_set(config, "meta", meta);
}

/* Adds to a program's keys what a Fork needs. NULL with err set where that cannot be made of them. */
static struct value *complete(const struct value *keys, const char *path, struct error *err)
{
    struct error ignored;
    CLEANUP(memory_free) char *directory = find_directory(path);
    CLEANUP(memory_free) char *record_path = file_join(directory, "furcate.json");
    CLEANUP(value_cleanup) struct value *record = config_parse_file(record_path, &ignored);
    if (!fork_run_identity(record) && !variable_of("FURCATE_ID"))
        return value_ref(keys); /* of no run */
    struct value *config = config_complete_run(keys, path, err);
    if (config)
        add_run(config, directory, record);
    return config;
}

/* Returns whether a record is of the run that the environment names. */
static bool is_of_this_run(const struct value *record)
{
    const char *id = variable_of("FURCATE_ID"), *name = variable_of("FURCATE_NAME");
    const struct value *run = fork_run_identity(record), *known_id = run ? value_get(run, "id") : NULL,
                       *known_name = run ? value_get(run, "name") : NULL;
    return id && name && known_id && known_name && strcmp(value_text(known_id), id) == 0 &&
           strcmp(value_text(known_name), name) == 0;
}

/* Returns what config.json had when the run began, from furcate.json next to it: the program may have saved a
 * config.json of its own since. NULL where that is not the file of a run that a runner has started. */
static struct value *read_record(const char *config_path)
{
    struct error ignored;
    if (!variable_of("FURCATE_ID"))
        return NULL;
    CLEANUP(memory_free) char *path = file_absolute(config_path);
    char *slash = strrchr(path, '/');
    CLEANUP(memory_free) char *directory = memory_copy_bytes(path, slash ? (size_t)(slash - path) : 0);
    CLEANUP(memory_free) char *record_path = file_join(directory, "furcate.json");
    CLEANUP(value_cleanup) struct value *record = config_parse_file(record_path, &ignored);
    if (!is_of_this_run(record))
        return NULL;
    if (!value_get(fork_run_identity(record), "gpu_id"))
        return value_ref(record); /* of a Fork, whose config.json is the same */
    struct value *keys = value_new_object();
    for (size_t i = 0; i < value_count(record); i++)
        if (strcmp(value_key(record, i), "meta") != 0)
            copy(keys, value_key(record, i), record);
    return keys;
}

struct value *fork_read_keys(const char *path, struct error *err)
{
    struct value *record = read_record(path);
    return record ? record : config_parse_file(path, err);
}

struct value *fork_read_config(const char *path, struct error *err)
{
    CLEANUP(value_cleanup) struct value *config = fork_read_keys(path, err);
    if (!config)
        return NULL;
    bool is_of_program = value_kind(config) == VALUE_OBJECT && !fork_run_identity(config);
    return is_of_program ? complete(config, path, err) : value_ref(config);
}
