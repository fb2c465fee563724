#include "config/rule.h"

#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/vector.h"

enum { longest_shown = 40 };

const struct rule *config_rule_find(struct rules rules, const char *key)
{
    for (size_t i = 0; i < rules.count; i++)
        if (strcmp(rules.items[i].key, key) == 0)
            return rules.items + i;
    return NULL;
}

const struct rule *config_rule_nearest(struct rules rules, const char *key, const struct value *object)
{
    VECTOR(const char *) candidates = {0};
    for (size_t i = 0; i < rules.count; i++)
        if (!object || !value_get(object, rules.items[i].key))
            vector_push(&candidates, rules.items[i].key);
    const char *nearest = nearest_word(key, candidates.items, candidates.count);
    vector_free(&candidates);
    return nearest ? config_rule_find(rules, nearest) : NULL;
}

/* What stands in the file: a short scalar as it is, else its kind. */
static void describe(struct text *out, const struct value *value)
{
    bool is_short = value_text_len(value) > 0 && value_text_len(value) <= longest_shown;
    if (is_short || value_kind(value) == VALUE_STRING)
        value_add_json(out, value);
    if (is_short)
        return;
    text_clear(out);
    text_add(out, value_text_len(value) == 0 && value_kind(value) == VALUE_STRING
                      ? "an empty string"
                      : value_kind_name(value_kind(value)));
}

/* The remedy for one thing where several are wanted. */
static bool lacks_brackets(const struct rule *rule, const struct value *value)
{
    return rule->example[0] == '[' && value_kind(value) != VALUE_ARRAY;
}

void config_rule_check(const struct rule *rule, const char *prefix, const struct value *value,
                       struct faults *faults)
{
    const struct value *bad = rule->find_bad(value);
    if (!bad) {
        CLEANUP(memory_free) char *deeper = text_format("%s%s.", prefix, rule->key);
        if (rule->members.count)
            config_rule_check_all(rule->members, deeper, value, faults);
        return;
    }
    CLEANUP(text_free) struct text found = {0};
    describe(&found, bad);
    fault_add(faults, FAULT_ERROR, value_place(bad),
              "'%s%s' must be %s, %s %s; %swrite for example \"%s\": %s", prefix, rule->key, rule->wanted,
              bad == value ? "but is" : "but holds", text_get(&found),
              lacks_brackets(rule, value) ? "wrap it in [ ]: " : "", rule->key, rule->example);
}

static void report_unknown(struct rules rules, const char *prefix, const struct value *object, size_t i,
                           struct faults *faults)
{
    const char *key = value_key(object, i);
    const struct rule *nearest = config_rule_nearest(rules, key, object);
    if (!nearest)
        nearest = config_rule_nearest(rules, key, NULL);
    if (nearest) {
        fault_add(faults, FAULT_ERROR, value_key_place(object, i),
                  "'%s%s' is no key that furcate knows; did you mean '%s'?", prefix, key, nearest->key);
        return;
    }
    CLEANUP(text_free) struct text known = {0};
    for (size_t j = 0; j < rules.count; j++)
        text_addf(&known, "%s%s", j ? ", " : "", rules.items[j].key);
    fault_add(faults, FAULT_ERROR, value_key_place(object, i),
              "'%s%s' is no key that furcate knows; remove it, or use one of %s", prefix, key,
              text_get(&known));
}

void config_rule_check_all(struct rules rules, const char *prefix, const struct value *object,
                           struct faults *faults)
{
    for (size_t i = 0; i < value_count(object); i++) {
        const struct rule *rule = config_rule_find(rules, value_key(object, i));
        if (rule)
            config_rule_check(rule, prefix, value_item(object, i), faults);
        else
            report_unknown(rules, prefix, object, i, faults);
    }
    for (size_t i = 0; i < rules.count; i++) {
        const struct rule *rule = &rules.items[i];
        if (rule->required && !value_get(object, rule->key))
            fault_add(faults, FAULT_ERROR, value_place(object), "'%s%s' is missing; add \"%s\": %s", prefix,
                      rule->key, rule->key, rule->example);
    }
}

struct value *config_rule_initial(const struct rule *rule)
{
    if (!rule->initial)
        return NULL;
    if (strcmp(rule->initial, "[]") == 0)
        return value_new_array();
    return value_new_plain(rule->initial, strlen(rule->initial));
}

static bool has_initial(const struct rule *rule)
{
    return rule->initial || (rule->members.count && !rule->members.items[0].required);
}

static struct value *complete_member(const struct rule *rule, const struct value *given)
{
    if (rule->members.count)
        return config_rule_complete(rule->members, given);
    return given ? value_ref(given) : config_rule_initial(rule);
}

struct value *config_rule_complete(struct rules rules, const struct value *object)
{
    struct value *complete = value_new_object();
    for (size_t i = 0; object && i < value_count(object); i++) {
        const char *key = value_key(object, i);
        const struct rule *rule = config_rule_find(rules, key);
        if (rule)
            value_object_set(complete, key, complete_member(rule, value_item(object, i)));
    }
    for (size_t i = 0; i < rules.count; i++) {
        const struct rule *rule = &rules.items[i];
        if (!value_get(complete, rule->key) && has_initial(rule))
            value_object_set(complete, rule->key, complete_member(rule, NULL));
    }
    if (object)
        value_set_place(complete, value_place(object));
    return complete;
}
