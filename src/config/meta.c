#include "config/meta.h"

#include <limits.h>
#include <string.h>

#include "base/ascii.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "config/metric.h"

static const char *const order_names[] = {
    [ORDER_SPREAD] = "spread", [ORDER_SHUFFLE] = "shuffle", [ORDER_CONFIG] = "config", NULL};
static const char *const start_names[] = {
    [START_AUTO] = "auto", [START_FORK] = "fork", [START_SPAWN] = "spawn", NULL};
static const char *const mode_names[] = {"max", "min", NULL};
static const char *const of_names[] = {"last", "best", NULL};

static const struct value *find_bad_threads(const struct rule *rule, const struct value *value)
{
    int64_t number;
    bool is_each_device = value_int(value, &number) && number == -1;
    return is_each_device ? NULL : config_rule_int(rule, value);
}

static const struct value *find_bad_delay(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return config_rule_seconds(value) > 0 ? NULL : value;
}

static const struct rule mem_trace_rules[] = {
    {"enabled", config_rule_bool, "true or false", "true", .initial = "false"},
    {"delay", find_bad_delay, "a duration above 0: seconds, or a string like \"5m\"", "300",
     .initial = "300"},
    {"top", config_rule_int, "an integer, 0 or more", "10", .initial = "10", RANGE(0, INT_MAX)},
    {"trace", config_rule_int, "an integer, 0 or more", "1", .initial = "1", RANGE(0, INT_MAX)},
};

static const struct rule objective_rules[] = {
    {"metric", config_rule_filled, "the name of a metric", "\"val_accuracy\"", .required = true},
    {"mode", config_rule_one_of, "\"max\" or \"min\"", "\"max\"", .required = true, .names = mode_names},
    {"of", config_rule_one_of, "\"last\" or \"best\"", "\"best\"", .names = of_names},
};

static const struct rule meta_rules[] = {
    {"allow_cpu", config_rule_bool, "true or false", "true", .initial = "false", .is_ours = true,
     .is_fixed = true},
    {"max_threads", find_bad_threads, "a positive integer, or -1 for one a device", "4", .initial = "-1",
     RANGE(1, INT_MAX), .is_ours = true},
    {"exclude_configs", config_rule_objects, "an array of objects", "[{\"batch_size\": 32}]", .initial = "[]",
     .is_ours = true},
    {"mem_trace", config_rule_object, "an object", "{\"enabled\": true}", .members = RULES(mem_trace_rules),
     .is_ours = true},
    {"order", config_rule_one_of, "\"spread\", \"shuffle\" or \"config\"", "\"spread\"", .initial = "spread",
     .names = order_names},
    {"retries", config_rule_int, "an integer, 0 or more", "2", .initial = "0", RANGE(0, INT_MAX)},
    {"fail_fast", config_rule_bool, "true or false", "false", .initial = "true"},
    {"timeout", config_rule_duration,
     "a duration of at most 100 years (seconds, or a string like \"2h30m\"), or 0 for none", "\"2h30m\"",
     .initial = "0"},
    {"kill_grace", config_rule_duration,
     "a duration of at most 100 years: seconds, or a string like \"1m30s\"", "10", .initial = "10",
     .is_ours = true},
    {"start", config_rule_one_of, "\"auto\", \"fork\" or \"spawn\"", "\"auto\"", .initial = "auto",
     .names = start_names},
    {"gpus", config_rule_devices, "an array of GPU indices or UUIDs, at least one", .example = "[0, 1]",
     RANGE(0, INT_MAX), .is_fixed = true},
    {"metrics", config_rule_strings, "an object of names and regular expressions",
     .example = "{\"accuracy\": \"\\\\bacc={number}\"}"},
    {"objective", config_rule_object, "an object", "{\"metric\": \"val_accuracy\", \"mode\": \"max\"}",
     .members = RULES(objective_rules)},
    {"program", config_rule_program, "an array of strings: a program and its arguments",
     .example = "[\"python3\", \"train.py\"]", .is_fixed = true},
};

/* What a run's config.json and run_data.json hold besides. */
static const struct rule record_rules[] = {
    {"run", config_rule_any, "", .example = ""},
    {"data", config_rule_any, "", .example = ""},
};

static const struct rules known = RULES(meta_rules);
static const struct rules records = RULES(record_rules);

/* Returns whether the key is the user's own, kept with the runs: neither one of ours nor one misspelt. */
static bool is_own(const char *key)
{
    const struct rule *nearest = config_rule_nearest(known, key, NULL);
    return !config_rule_find(known, key) && !config_rule_find(records, key) &&
           !(nearest && (nearest_is_typo(key, nearest->key) || nearest_is_stem(key, nearest->key)));
}

/* Returns the keys that furcate acts on, misspelt ones among them. */
static struct value *without_others(const struct value *given)
{
    struct value *rest = value_new_object();
    value_set_place(rest, value_place(given));
    for (size_t i = 0; i < value_count(given); i++) {
        const char *key = value_key(given, i);
        if (config_rule_find(records, key) || is_own(key))
            continue;
        value_object_set(rest, key, value_ref(value_item(given, i)));
        value_set_key_place(rest, key, value_key_place(given, i));
    }
    return rest;
}

static void warn_of_own_keys(const struct value *given, struct faults *faults)
{
    for (size_t i = 0; i < value_count(given); i++) {
        const char *key = value_key(given, i);
        if (!is_own(key))
            continue;
        const struct rule *nearest = config_rule_nearest(known, key, given);
        fault_add(
            faults, FAULT_WARNING, value_key_place(given, i),
            "'meta.%s' is no key that furcate knows, so it is kept with the runs and has no effect%s%s%s",
            key, nearest ? "; did you mean '" : "", nearest ? nearest->key : "", nearest ? "'?" : "");
    }
}

/* NULL when it is not there, or not what it has to be. */
static const struct value *good_member(const struct value *meta, const char *key)
{
    const struct rule *rule = config_rule_find(known, key);
    const struct value *value = value_get(meta, key);
    return value && !rule->find_bad(rule, value) ? value : NULL;
}

/* Index 0 and "0" are the same GPU. */
static void warn_of_repeated_gpus(const struct value *gpus, struct faults *faults)
{
    for (size_t i = 1; gpus && i < value_count(gpus); i++) {
        size_t first = 0;
        while (strcmp(value_text(value_item(gpus, first)), value_text(value_item(gpus, i))) != 0)
            first++;
        if (first < i)
            fault_add(faults, FAULT_WARNING, value_place(value_item(gpus, i)),
                      "'meta.gpus' names GPU %s twice; it is used once, so remove one",
                      value_text(value_item(gpus, i)));
    }
}

void config_meta_check(const struct value *given, struct faults *faults)
{
    static const struct rule whole = {"meta", config_rule_object, "an object",
                                      .example = "{\"allow_cpu\": true}"};
    if (value_kind(given) != VALUE_OBJECT) {
        config_rule_check(&whole, "", given, faults);
        return;
    }
    CLEANUP(value_cleanup) struct value *rest = without_others(given);
    config_rule_check_all(known, "meta.", rest, faults);
    warn_of_own_keys(given, faults);
    warn_of_repeated_gpus(good_member(rest, "gpus"), faults);
    config_metric_check_all(good_member(rest, "metrics"), faults);
    config_metric_check_objective(good_member(rest, "objective"), good_member(rest, "metrics"), faults);
}

const char *config_meta_find_ours(const char *key)
{
    const struct rule *rule = config_rule_find(known, key);
    return rule && rule->is_ours ? rule->key : NULL;
}

/* Returns how many keys of the object are meta's; *has_ours: one is a key of nothing else. */
static size_t count_known(const struct value *object, bool *has_ours)
{
    size_t count = 0;
    *has_ours = false;
    for (size_t i = 0; i < value_count(object); i++) {
        const char *key = value_key(object, i);
        count += config_rule_find(known, key) != NULL;
        *has_ours = *has_ours || config_meta_find_ours(key);
    }
    return count;
}

/* Returns whether the key is "meta" but for a letter, other than the Greek letters that are parameters. */
static bool is_nearly_meta(const char *key)
{
    static const char *const letters[] = {"beta", "zeta", "eta"};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (ascii_is_same(key, letters[i]))
            return false;
    return nearest_is_typo(key, "meta");
}

bool config_meta_is_meant(const struct value *root, size_t i)
{
    enum { enough = 3 }; /* programs have objects of their own with a timeout and retries */
    const char *key = value_key(root, i);
    const struct value *value = value_item(root, i);
    bool has_ours = false, has_meta = value_get(root, "meta");
    if (strcmp(key, "meta") == 0)
        return false;
    if (value_kind(value) != VALUE_OBJECT)
        return ascii_is_same(key, "meta") && !has_meta;
    return count_known(value, &has_ours) >= enough || has_ours || (is_nearly_meta(key) && !has_meta);
}

struct value *config_meta_complete(const struct value *given)
{
    struct value *complete = config_rule_complete(known, given);
    for (size_t i = 0; given && i < value_count(given); i++)
        if (is_own(value_key(given, i)))
            value_object_set(complete, value_key(given, i), value_ref(value_item(given, i)));
    return complete;
}

struct value *config_meta_entries_alone(const struct value *given)
{
    static const char key[] = "exclude_configs";
    struct value *meta = value_new_object();
    const struct value *entries = given && value_kind(given) == VALUE_OBJECT ? good_member(given, key) : NULL;
    if (entries)
        value_object_set(meta, key, value_ref(entries));
    return meta;
}

static bool is_fixed(const char *key)
{
    const struct rule *rule = config_rule_find(known, key);
    return rule && rule->is_fixed;
}

static void add_differing(const char *key, const struct value *edited, const struct value *current,
                          struct text *differing)
{
    if (edited && current ? !value_equal(edited, current) : edited != current)
        text_addf(differing, "%smeta.%s", differing->len ? " and " : "", key);
}

struct value *config_meta_keep_fixed(const struct value *edited, const struct value *current,
                                     struct text *differing)
{
    struct value *meta = value_new_object();
    for (size_t i = 0; i < value_count(edited); i++) {
        const char *key = value_key(edited, i);
        const struct value *item = is_fixed(key) ? value_get(current, key) : value_item(edited, i);
        if (item)
            value_object_set(meta, key, value_ref(item));
    }
    for (size_t i = 0; i < known.count; i++) {
        const char *key = known.items[i].key;
        const struct value *item = value_get(current, key);
        if (!known.items[i].is_fixed)
            continue;
        add_differing(key, value_get(edited, key), item, differing);
        if (item && !value_get(meta, key))
            value_object_set(meta, key, value_ref(item));
    }
    return meta;
}

struct config_objective config_objective_of(const struct value *meta)
{
    bool is_there = meta && value_kind(meta) == VALUE_OBJECT;
    const struct value *objective = is_there ? value_get(meta, "objective") : NULL;
    bool is_object = objective && value_kind(objective) == VALUE_OBJECT;
    const struct value *metric = is_object ? value_get(objective, "metric") : NULL;
    if (!metric || value_kind(metric) != VALUE_STRING)
        return (struct config_objective){0};
    const struct value *mode = value_get(objective, "mode"), *of = value_get(objective, "of");
    return (struct config_objective){
        .metric = value_text(metric),
        .is_max = mode && config_rule_find_name(mode_names, mode) == 0,
        .of_best = of && config_rule_find_name(of_names, of) == 1,
    };
}

static int get_int(const struct value *object, const char *key)
{
    int64_t number = 0;
    value_int(value_get(object, key), &number);
    return (int)number;
}

void config_meta_fill(const struct value *complete, struct config_meta *meta)
{
    const struct value *mem_trace = value_get(complete, "mem_trace");
    *meta = (struct config_meta){
        .allow_cpu = value_bool(value_get(complete, "allow_cpu")),
        .max_threads = get_int(complete, "max_threads"),
        .exclude = value_get(complete, "exclude_configs"),
        .gpus = value_get(complete, "gpus"),
        .program = value_get(complete, "program"),
        .metrics = value_get(complete, "metrics"),
        .objective = config_objective_of(complete),
        .order = (enum config_order)config_rule_find_name(order_names, value_get(complete, "order")),
        .start = (enum config_start)config_rule_find_name(start_names, value_get(complete, "start")),
        .fail_fast = value_bool(value_get(complete, "fail_fast")),
        .retries = get_int(complete, "retries"),
        .timeout = config_rule_seconds(value_get(complete, "timeout")),
        .kill_grace = config_rule_seconds(value_get(complete, "kill_grace")),
        .mem_trace = {.enabled = value_bool(value_get(mem_trace, "enabled")),
                      .delay = config_rule_seconds(value_get(mem_trace, "delay")),
                      .top = get_int(mem_trace, "top"),
                      .trace = get_int(mem_trace, "trace")},
    };
}
