#include "config/config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/refs.h"
#include "config/foreign.h"
#include "config/keys.h"
#include "config/meta.h"
#include "config/nested.h"
#include "config/override.h"
#include "config/parse.h"
#include "config/record.h"
#include "config/several.h"
#include "config/slip.h"
#include "config/source.h"
#include "config/words.h"

enum { usual_seed = 42 };

struct config {
    refs refs;
    char *path;
    enum config_use use;
    struct value *keys, *defaults, *meta;
    struct value *usual; /* the defaults that a Fork gets */
    size_t given_count;  /* of the keys that the file has */
    struct value *data_name;
    char *log_dir;
    int64_t seed;
    struct config_meta typed_meta;
};

/* Takes what furcate itself needs of the keys, whoever else they are for. `record_log_dir`: NULL, or the log
 * dir of the run that the config is the record of. */
static void take_own(struct config *config, const struct value *given, const char *record_log_dir)
{
    const struct value *name = config_keys_serving(given, "data_name");
    const struct value *log_dir = config_keys_serving(given, "log_dir");
    const struct value *seed = config_keys_serving(given, "seed");
    config->data_name = name ? value_ref(name) : config_keys_name_from_path(config->path);
    config->log_dir = memory_copy_text(log_dir          ? value_text(log_dir)
                                       : record_log_dir ? record_log_dir
                                                        : CONFIG_LOG_DIR);
    config->seed = usual_seed;
    if (seed)
        value_int(seed, &config->seed);
}

static struct config *new_config(const char *path, enum config_use use, const struct value *given,
                                 const char *record_log_dir)
{
    struct config *config = memory_new(1, sizeof *config);
    const struct value *meta = value_get(given, "meta");
    config->refs = 1;
    config->path = memory_copy_text(path);
    config->use = use;
    take_own(config, given, record_log_dir);
    config->usual = config_keys_defaults(value_text(config->data_name));
    config->defaults = use == CONFIG_FOR_FORK ? value_ref(config->usual) : value_new_object();
    config->keys = config_keys_complete(given, config->defaults);
    if (use == CONFIG_FOR_FORK)
        config_keys_name_framework(config->keys);
    config->given_count = config_keys_count_given(given);
    config->meta = config_meta_complete(meta);
    config_meta_fill(config->meta, &config->typed_meta);
    return config;
}

static void check(const struct value *root, const char *path, enum config_use use, struct faults *faults)
{
    if (value_is_unquoted(root) && config_slip_find_tight_colon(value_text(root)) > 0) {
        fault_add(faults, FAULT_ERROR, value_place(root), "%s", CONFIG_MISSING_SPACE);
        return;
    }
    if (value_kind(root) != VALUE_OBJECT) {
        fault_add(faults, FAULT_ERROR, value_place(root),
                  "a config is an object of keys and values, but this is %s; begin it with '{'",
                  value_kind_name(value_kind(root)));
        return;
    }
    config_keys_check(root, path, use, faults);
    if (value_get(root, "meta"))
        config_meta_check(value_get(root, "meta"), faults);
    config_words_check(root, faults);
    if (config_foreign_check(root, faults))
        return;
    config_several_check(root, faults);
    config_nested_check(root, faults);
}

/* Returns whether axes and entries are there as they must be, whatever else is wrong. */
static bool can_be_planned(const struct value *root)
{
    if (value_kind(root) != VALUE_OBJECT)
        return false;
    for (size_t i = 0; i < value_count(root); i++)
        if (value_kind(value_item(root, i)) == VALUE_ARRAY && value_count(value_item(root, i)) == 0)
            return false;
    return true;
}

/* The file's object with nothing in meta but the exclude entries; one reference. */
static struct value *with_entries_alone(const struct value *root)
{
    struct value *rest = value_new_object();
    for (size_t i = 0; i < value_count(root); i++)
        if (strcmp(value_key(root, i), "meta") != 0)
            value_object_set(rest, value_key(root, i), value_ref(value_item(root, i)));
    value_object_set(rest, "meta", config_meta_entries_alone(value_get(root, "meta")));
    return rest;
}

/* Takes `root` over, which may be NULL. */
static struct config *finish(struct value *root, const char *path, enum config_use use,
                             const char *record_log_dir, bool is_good)
{
    struct config *config = NULL;
    if (root && is_good) {
        config = new_config(path, use, root, record_log_dir);
    } else if (root && can_be_planned(root)) {
        CLEANUP(value_cleanup) struct value *entries_alone = with_entries_alone(root);
        config = new_config(path, use, entries_alone, record_log_dir);
    }
    value_unref(root);
    return config;
}

static struct config *read_text(const char *path, const struct text *text, enum config_use use,
                                char *const *overrides, struct faults *faults)
{
    faults_set_source(faults, text_get(text), text->len);
    size_t errors_before = faults_count(faults, FAULT_ERROR);
    CLEANUP(memory_free) char *record_log_dir = NULL;
    struct value *root = config_parse_text(text_get(text), text->len, faults);
    if (root)
        root = config_take_record(root, path, &record_log_dir, faults);
    if (root && value_kind(root) == VALUE_OBJECT)
        root = config_override(root, overrides, faults);
    if (root)
        check(root, path, use, faults);
    return finish(root, path, use, record_log_dir, faults_count(faults, FAULT_ERROR) == errors_before);
}

struct config *config_read_for_plan(const char *path, enum config_use use, char *const *overrides,
                                    struct faults *faults)
{
    CLEANUP(text_free) struct text text = {0};
    struct error err;
    if (config_read_source(path, &text, &err))
        return read_text(path, &text, use, overrides, faults);
    fault_add(faults, FAULT_ERROR, (struct value_place){0}, "%s", err.text);
    return NULL;
}

struct config *config_read_text_for_plan(const char *path, const struct text *text, enum config_use use,
                                         char *const *overrides, struct faults *faults)
{
    return read_text(path, text, use, overrides, faults);
}

/* NULL for a config that was read with errors. */
static struct config *good_config(struct config *config, const struct faults *faults, size_t errors_before)
{
    if (faults_count(faults, FAULT_ERROR) == errors_before)
        return config;
    config_unref(config);
    return NULL;
}

struct config *config_read(const char *path, enum config_use use, struct faults *faults)
{
    size_t errors_before = faults_count(faults, FAULT_ERROR);
    return good_config(config_read_for_plan(path, use, NULL, faults), faults, errors_before);
}

struct config *config_read_text(const char *name, const char *text, size_t len, enum config_use use,
                                struct faults *faults)
{
    size_t errors_before = faults_count(faults, FAULT_ERROR);
    CLEANUP(text_free) struct text copy = {0};
    text_add_bytes(&copy, text, len);
    return good_config(read_text(name, &copy, use, NULL, faults), faults, errors_before);
}

/* Returns whether a Fork can use the keys; otherwise err says all that is wrong. */
static bool check_run(const struct value *keys, const char *path, struct error *err)
{
    struct faults *faults = faults_create(path);
    CLEANUP(text_free) struct text said = {0};
    config_keys_check(keys, path, CONFIG_FOR_FORK, faults);
    bool is_good = faults_count(faults, FAULT_ERROR) == 0;
    enum fault_level level;
    const char *line;
    for (size_t i = 0; !is_good && (line = faults_line(faults, i, &level)); i++)
        if (level == FAULT_ERROR)
            text_addf(&said, "%s%s", said.len ? "\n" : "", line);
    faults_destroy(faults);
    return is_good || error_set_lines(err, ERROR_CONFIG, text_get(&said));
}

struct value *config_complete_run(const struct value *keys, const char *path, struct error *err)
{
    CLEANUP(value_cleanup) struct value *axes = config_one_run(keys);
    if (!check_run(axes, path, err))
        return NULL;
    CLEANUP(value_cleanup)
    struct value *defaults = config_keys_defaults(value_text(value_get(keys, "data_name")));
    return config_keys_complete(keys, defaults);
}

struct config *config_ref(struct config *config)
{
    refs_take(&config->refs);
    return config;
}

void config_unref(struct config *config)
{
    if (!config || !refs_drop(&config->refs))
        return;
    value_unref(config->keys);
    value_unref(config->defaults);
    value_unref(config->usual);
    value_unref(config->meta);
    value_unref(config->data_name);
    free(config->log_dir);
    free(config->path);
    free(config);
}

void config_keep_fixed(struct config *config, const struct config *current, struct text *differing)
{
    struct value *meta = config_meta_keep_fixed(config->meta, current->meta, differing);
    value_unref(config->meta);
    config->meta = meta;
    config_meta_fill(config->meta, &config->typed_meta);
}

const char *config_path(const struct config *config)
{
    return config->path;
}

const struct value *config_keys(const struct config *config)
{
    return config->keys;
}

bool config_is_axis(const struct config *config, size_t i)
{
    return value_kind(value_item(config->keys, i)) == VALUE_ARRAY;
}

enum config_use config_use(const struct config *config)
{
    return config->use;
}

const struct value *config_data_name(const struct config *config)
{
    return config->data_name;
}

int64_t config_seed(const struct config *config)
{
    return config->seed;
}

const struct value *config_default(const struct config *config, const char *key)
{
    return value_get(config->defaults, key);
}

const struct value *config_usual(const struct config *config, const char *key)
{
    return value_get(config->usual, key);
}

const struct value *config_meta_value(const struct config *config)
{
    return config->meta;
}

const struct config_meta *config_meta(const struct config *config)
{
    return &config->typed_meta;
}

/* Makes one object of the first `count` keys and meta. */
static struct value *with_meta(const struct config *config, size_t count)
{
    struct value *whole = value_new_object();
    for (size_t i = 0; i < count; i++)
        value_object_set(whole, value_key(config->keys, i), value_ref(value_item(config->keys, i)));
    value_object_set(whole, "meta", value_ref(config->meta));
    return whole;
}

struct value *config_as_value(const struct config *config)
{
    return with_meta(config, value_count(config->keys));
}

struct value *config_as_given(const struct config *config)
{
    return with_meta(config, config->given_count);
}

const char *config_log_dir(const struct config *config)
{
    return config->log_dir;
}

/* Makes the first error of the faults, which have one, that of err. */
static void set_error(const struct faults *faults, struct error *err)
{
    size_t i = 0;
    enum fault_level level;
    const char *line = faults_line(faults, 0, &level);
    while (level != FAULT_ERROR)
        line = faults_line(faults, ++i, &level);
    error_set(err, ERROR_CONFIG, "%s", line);
}

struct value *config_parse(const char *name, const char *text, size_t len, struct error *err)
{
    struct faults *faults = faults_create(name);
    struct value *value = config_parse_text(text, len, faults);
    if (faults_count(faults, FAULT_ERROR) > 0) {
        set_error(faults, err);
        value_unref(value);
        value = NULL;
    }
    faults_destroy(faults);
    return value;
}

struct value *config_parse_file(const char *path, struct error *err)
{
    CLEANUP(text_free) struct text text = {0};
    struct error reason;
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        error_set(err, ERROR_CONFIG, "%s is not a regular file", path);
        return NULL;
    }
    if (config_read_source(path, &text, &reason))
        return config_parse(path, text_get(&text), text.len, err);
    error_set(err, reason.kind, "%s %.1500s", path, reason.text);
    return NULL;
}
