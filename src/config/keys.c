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

/* The names of the three, then others that people know them by; python/furcate/adapters.py tells which is
 * which. */
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
    {"log_dir", config_rule_folder, "a path without ~, which only shells know", "\"logs\"",
     .initial = CONFIG_LOG_DIR, .never_axis = true},
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

/* Returns why there can be no key of this name; NULL: there can. */
static const char *find_name_fault(const char *key, enum config_use use)
{
    if (key[0] == '\0')
        return "it is empty; give it a name";
    if (use == CONFIG_FOR_FORK && strcmp(key, "gpu_id") == 0)
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

/* Adds what is worth a word of a key that is none of furcate's: a slip of the pen. A program has its own
 * names for what a Fork program must name as furcate does. */
static void check_own_key(const struct value *given, size_t i, enum config_use use, struct faults *faults)
{
    const char *key = value_key(given, i);
    struct value_place place = value_key_place(given, i);
    const struct rule *nearest = use == CONFIG_FOR_FORK ? config_rule_nearest(reserved, key, given) : NULL;
    bool is_typo = nearest && nearest_is_typo(key, nearest->key);
    if (config_meta_find_ours(key))
        fault_add(faults, FAULT_WARNING, place,
                  "'%s' is a key of meta, and has no effect outside of it; move it into \"meta\": { }", key);
    else if (nearest && is_missing(nearest, given, use))
        fault_add(faults, FAULT_ERROR, place,
                  "'%s' is none of furcate's keys, and '%s' is missing; rename it, or add \"%s\": %s", key,
                  nearest->key, nearest->key, nearest->example);
    else if (is_typo || config_meta_is_meant(given, i))
        fault_add(faults, FAULT_WARNING, place, "'%s' is none of furcate's keys; did you mean '%s'?", key,
                  is_typo ? nearest->key : "meta");
}

static void check_name(const struct value *given, size_t i, enum config_use use, struct faults *faults)
{
    const char *key = value_key(given, i);
    const char *fault = find_name_fault(key, use);
    if (fault)
        fault_add(faults, FAULT_ERROR, value_key_place(given, i), "'%s' cannot be a key: %s", key, fault);
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

/* Adds the faults of a value. For a program only those that leave furcate without a plan, or without a log
 * dir. */
static void check_value(const struct rule *rule, const char *key, const struct value *value,
                        enum config_use use, struct faults *faults)
{
    bool is_checked = rule && (use == CONFIG_FOR_FORK || strcmp(key, "log_dir") == 0);
    if (value_kind(value) == VALUE_ARRAY)
        check_axis(is_checked ? rule : NULL, key, value, faults);
    else if (is_checked && use == CONFIG_FOR_FORK)
        config_rule_check(rule, "", value, faults);
}

static void check_missing(const struct value *given, enum config_use use, struct faults *faults)
{
    for (size_t i = 0; i < reserved.count; i++) {
        const struct rule *rule = &reserved.items[i];
        if (is_missing(rule, given, use) && !config_rule_is_misspelt(reserved, rule, given))
            fault_add(faults, FAULT_ERROR, (struct value_place){0}, "'%s' is missing; add \"%s\": %s",
                      rule->key, rule->key, rule->example);
    }
}

const struct value *config_keys_serving(const struct value *given, const char *key)
{
    const struct rule *rule = config_rule_find(reserved, key);
    const struct value *value = value_get(given, key);
    return value && !rule->find_bad(rule, value) ? value : NULL;
}

/* Warns where a program has a key for itself that furcate would use too, and cannot. `used`: what it uses. */
static void check_serving(const struct value *given, const char *key, const char *used, struct faults *faults)
{
    size_t i = 0;
    while (i < value_count(given) && strcmp(value_key(given, i), key) != 0)
        i++;
    if (i == value_count(given) || config_rule_is_left_out(given, i, faults))
        return;
    if (!config_keys_serving(given, key))
        fault_add(faults, FAULT_WARNING, value_place(value_item(given, i)),
                  "'%s' is not %s, so furcate uses %s; the program gets the key as it is written", key,
                  config_rule_find(reserved, key)->wanted, used);
}

static bool is_shuffled(const struct value *given)
{
    const struct value *meta = value_get(given, "meta");
    const struct value *order = meta && value_kind(meta) == VALUE_OBJECT ? value_get(meta, "order") : NULL;
    return order && strcmp(value_text(order), "shuffle") == 0;
}

static void check_all_serving(const struct value *given, const char *path, struct faults *faults)
{
    CLEANUP(value_cleanup) struct value *name = config_keys_name_from_path(path);
    CLEANUP(memory_free) char *named = text_format("'%s' in the names of the runs", value_text(name));
    check_serving(given, "data_name", named, faults);
    if (!value_get(given, "log_dir") || value_kind(value_get(given, "log_dir")) != VALUE_ARRAY)
        check_serving(given, "log_dir", "'" CONFIG_LOG_DIR "' as the log dir", faults);
    if (is_shuffled(given))
        check_serving(given, "seed", "42 to shuffle the order", faults);
}

void config_keys_check(const struct value *given, const char *path, enum config_use use,
                       struct faults *faults)
{
    for (size_t i = 0; i < value_count(given); i++) {
        const char *key = value_key(given, i);
        const struct value *value = value_item(given, i);
        if (strcmp(key, schema_rule.key) == 0)
            config_rule_check(&schema_rule, "", value, faults);
        if (!is_key(key))
            continue;
        check_name(given, i, use, faults);
        if (!config_rule_is_left_out(given, i, faults))
            check_value(config_rule_find(reserved, key), key, value, use, faults);
    }
    check_missing(given, use, faults);
    if (use == CONFIG_FOR_PROGRAM)
        check_all_serving(given, path, faults);
}

struct value *config_keys_name_from_path(const char *path)
{
    CLEANUP(memory_free) char *name = file_base_name(path);
    char *ending = strrchr(name, '.');
    if (ending)
        *ending = '\0';
    bool is_nameless = name[0] == '\0' || strcmp(path, "-") == 0;
    const char *chosen = is_nameless ? "config" : name;
    return value_new_string(chosen, strlen(chosen));
}

static struct value *make_default(const struct rule *rule, const char *data_name)
{
    if (!rule->initial || rule->initial[0] != '.')
        return config_rule_initial(rule);
    CLEANUP(memory_free) char *prefix = text_format("%s%s", data_name, rule->initial);
    return value_new_string(prefix, strlen(prefix));
}

bool config_has_default(const char *key)
{
    const struct rule *rule = config_rule_find(reserved, key);
    return rule && rule->initial;
}

struct value *config_keys_defaults(const char *data_name)
{
    struct value *defaults = value_new_object();
    for (size_t i = 0; i < reserved.count; i++) {
        struct value *value = make_default(&reserved.items[i], data_name);
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

static const char *framework_of(const struct value *value)
{
    static const char *const meant[] = {"tf", "torch", "none", "tf", "tf", "tf", "torch"};
    for (size_t i = 0; value_kind(value) == VALUE_STRING && framework_names[i]; i++)
        if (ascii_is_same(value_text(value), framework_names[i]))
            return meant[i];
    return "none"; /* null */
}

void config_keys_name_framework(struct value *keys)
{
    const struct value *framework = value_get(keys, "framework");
    if (!framework)
        return;
    const char *name = framework_of(framework);
    struct value *named = value_new_string(name, strlen(name));
    value_set_place(named, value_place(framework));
    value_object_set(keys, "framework", named);
}
