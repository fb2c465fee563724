#include "config/keys.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "config/meta.h"
#include "config/remedy.h"

/* The names of the three, then others that people know them by; python/furcate/fork.py tells which is which.
 */
static const char *const framework_names[] = {"tf",  "torch", "none",    "tensorflow",
                                              "tf2", "keras", "pytorch", NULL};

/* Takes the names in any letter case, and null for none. */
static const struct value *find_bad_framework(const struct rule *rule, const struct value *value)
{
    for (size_t i = 0; value_kind(value) == VALUE_STRING && rule->names[i]; i++)
        if (ascii_is_same(value_text(value), rule->names[i]))
            return config_rule_string(rule, value);
    return value_kind(value) == VALUE_NULL ? NULL : value;
}

/* In the order of the spec. A default that begins with '.' goes behind data_name. */
static const struct rule reserved_keys[] = {
    {"data_name", config_rule_name, "one word that can be part of a file name", "\"example\"",
     .required = true, .never_axis = true},
    {"data_dir", config_rule_filled, "a path", "\"data/\"", .required = true},
    {"batch_size", config_rule_int, "a positive integer", "32", .required = true, RANGE(1, INT64_MAX)},
    {"epochs", config_rule_int, "a positive integer", "50", .required = true, RANGE(1, INT64_MAX)},
    {"framework", find_bad_framework, "\"tf\", \"torch\" or \"none\"", "\"none\"", .never_axis = true,
     .names = framework_names},
    {"log_dir", config_rule_folder, "a path without ~, which only shells know", "\"logs\"", .initial = "logs",
     .never_axis = true},
    {"train_prefix", config_rule_string, "a string", "\"example.train\"", .initial = ".train"},
    {"valid_prefix", config_rule_string, "a string", "\"example.valid\"", .initial = ".valid"},
    {"test_prefix", config_rule_string, "a string", "\"example.test\"", .initial = ".test"},
    {"learning_rate", config_rule_number, "a finite number, 0 or more", "0.001", .initial = "0.001"},
    {"verbose", config_rule_int, "an integer, 0 or more", "2", .initial = "2", RANGE(0, INT_MAX)},
    {"cache", config_rule_bool, "true or false", "true", .initial = "false"},
    {"seed", config_rule_int, "an integer", "42", .initial = "42", RANGE(INT64_MIN, INT64_MAX)},
    {"prefetch", config_rule_int, "an integer, 0 or more, or -1 for AUTOTUNE of TensorFlow", "1",
     .initial = "1", RANGE(-1, INT_MAX)},
};

static const struct rules reserved = RULES(reserved_keys);

/* What an editor reads, and nobody else. */
static const struct rule schema_rule = {"$schema", config_rule_string, "the address of a JSON Schema",
                                        .example = "\"config.schema.json\""};

/* Whether it is one of config_keys(). */
static bool is_key(const char *key)
{
    return strcmp(key, "meta") != 0 && strcmp(key, schema_rule.key) != 0;
}

size_t config_keys_count_given(const struct value *given)
{
    size_t count = 0;
    for (size_t i = 0; i < value_count(given); i++)
        count += is_key(value_key(given, i));
    return count;
}

/* Why a key cannot be a column of run_data.csv; NULL: it can. */
static const char *find_column_fault(const char *key)
{
    if (key[0] == '\0')
        return "it is empty; give it a name";
    if (strncmp(key, "run_", 4) == 0)
        return "its column is taken, as are all that begin with run_, by results; rename it";
    if (strcmp(key, "gpu_id") == 0)
        return "furcate gives each run its GPU; remove it, and choose GPUs by meta.gpus";
    for (const char *c = key; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "it holds a control character; rename it";
    return NULL;
}

static void check_axis(const struct rule *rule, const char *key, const struct value *axis,
                       struct faults *faults)
{
    if (rule && rule->never_axis) {
        CLEANUP(text_free) struct text remedy = {0};
        config_remedy_add(&remedy, rule, axis, axis, false);
        fault_add(faults, FAULT_ERROR, value_place(axis),
                  "'%s' cannot be an axis, it is one for all runs; %s", key, text_get(&remedy));
    } else if (value_count(axis) == 0) {
        fault_add(faults, FAULT_ERROR, value_place(axis),
                  "'%s' is an empty axis; give it a value, or remove the key", key);
    } else if (rule) {
        config_rule_check_axis(rule, axis, faults);
    }
}

static bool is_missing(const struct rule *rule, const struct value *given, enum config_use use)
{
    return use == CONFIG_FOR_FORK && rule->required && !value_get(given, rule->key);
}

/* The keys that are not furcate's are the user's own, so that only a slip of the pen is worth a word. */
static void check_own_key(const struct value *given, size_t i, enum config_use use, struct faults *faults)
{
    const char *key = value_key(given, i);
    struct value_place place = value_key_place(given, i);
    const struct rule *nearest = config_rule_nearest(reserved, key, given);
    bool is_typo = nearest && nearest_is_typo(key, nearest->key);
    if (config_meta_find_ours(key))
        fault_add(faults, FAULT_WARNING, place,
                  "'%s' is a key of meta, and has no effect outside of it; move it into \"meta\": { }", key);
    else if (nearest && is_missing(nearest, given, use))
        fault_add(faults, FAULT_ERROR, place,
                  "'%s' is none of furcate's keys, and '%s' is missing; rename it, or add \"%s\": %s", key,
                  nearest->key, nearest->key, nearest->example);
    else if (is_typo || (ascii_is_same(key, "meta") && !value_get(given, "meta")))
        fault_add(faults, FAULT_WARNING, place, "'%s' is none of furcate's keys; did you mean '%s'?", key,
                  is_typo ? nearest->key : "meta");
}

static void check_name(const struct value *given, size_t i, enum config_use use, struct faults *faults)
{
    const char *key = value_key(given, i);
    const char *column_fault = find_column_fault(key);
    if (column_fault)
        fault_add(faults, FAULT_ERROR, value_key_place(given, i), "'%s' cannot be a key: %s", key,
                  column_fault);
    else if (!config_rule_find(reserved, key))
        check_own_key(given, i, use, faults);
}

bool config_keys_takes_word(const char *key)
{
    CLEANUP(value_cleanup) struct value *word = value_new_string("no", 2);
    const struct rule *rule =
        strcmp(key, schema_rule.key) == 0 ? &schema_rule : config_rule_find(reserved, key);
    return rule && !rule->find_bad(rule, word);
}

void config_keys_check(const struct value *given, enum config_use use, struct faults *faults)
{
    for (size_t i = 0; i < value_count(given); i++) {
        const char *key = value_key(given, i);
        const struct value *value = value_item(given, i);
        const struct rule *rule = config_rule_find(reserved, key);
        if (strcmp(key, schema_rule.key) == 0)
            config_rule_check(&schema_rule, "", value, faults);
        if (!is_key(key))
            continue;
        check_name(given, i, use, faults);
        if (config_rule_is_left_out(given, i, faults))
            continue;
        if (value_kind(value) == VALUE_ARRAY)
            check_axis(rule, key, value, faults);
        else if (rule)
            config_rule_check(rule, "", value, faults);
    }
    for (size_t i = 0; i < reserved.count; i++) {
        const struct rule *rule = &reserved.items[i];
        if (is_missing(rule, given, use) && !config_rule_is_misspelt(reserved, rule, given))
            fault_add(faults, FAULT_ERROR, (struct value_place){0}, "'%s' is missing; add \"%s\": %s",
                      rule->key, rule->key, rule->example);
    }
}

/* The name of the file without its ending. */
static struct value *name_from_path(const char *path)
{
    CLEANUP(memory_free) char *name = file_base_name(path);
    char *ending = strrchr(name, '.');
    if (ending)
        *ending = '\0';
    bool is_nameless = name[0] == '\0' || strcmp(path, "-") == 0;
    const char *chosen = is_nameless ? "config" : name;
    return value_new_string(chosen, strlen(chosen));
}

static struct value *make_default(const struct rule *rule, const struct value *data_name)
{
    if (!rule->initial || rule->initial[0] != '.')
        return config_rule_initial(rule);
    CLEANUP(memory_free) char *prefix = text_format("%s%s", value_text(data_name), rule->initial);
    return value_new_string(prefix, strlen(prefix));
}

struct value *config_keys_defaults(const struct value *given, const char *path, enum config_use use)
{
    struct value *defaults = value_new_object();
    const struct value *data_name = value_get(given, "data_name");
    CLEANUP(value_cleanup) struct value *named = data_name ? value_ref(data_name) : name_from_path(path);
    if (use == CONFIG_FOR_PROGRAM)
        value_object_set(defaults, "data_name", data_name ? name_from_path(path) : value_ref(named));
    for (size_t i = 0; i < reserved.count; i++) {
        struct value *value = make_default(&reserved.items[i], named);
        if (value)
            value_object_set(defaults, reserved.items[i].key, value);
    }
    return defaults;
}

struct value *config_keys_complete(const struct value *given, const struct value *defaults)
{
    struct value *keys = value_new_object();
    for (size_t i = 0; i < value_count(given); i++) {
        if (!is_key(value_key(given, i)))
            continue;
        value_object_set(keys, value_key(given, i), value_ref(value_item(given, i)));
        value_set_key_place(keys, value_key(given, i), value_key_place(given, i));
    }
    for (size_t i = 0; i < value_count(defaults); i++)
        if (!value_get(keys, value_key(defaults, i)))
            value_object_set(keys, value_key(defaults, i), value_ref(value_item(defaults, i)));
    return keys;
}
