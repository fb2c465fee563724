#include "config/rule.h"

#include <string.h>

#include "base/memory.h"
#include "base/nearest.h"
#include "base/vector.h"
#include "config/remedy.h"

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

bool config_rule_is_misspelt(struct rules rules, const struct rule *rule, const struct value *object)
{
    for (size_t i = 0; i < value_count(object); i++)
        if (!config_rule_find(rules, value_key(object, i)) &&
            config_rule_nearest(rules, value_key(object, i), object) == rule)
            return true;
    return false;
}

/* What stands in the file: a short scalar as it is, else its kind. */
static void describe(struct text *out, const struct value *value)
{
    bool is_short = value_text_len(value) > 0 && value_text_len(value) <= longest_shown;
    bool is_empty = value_text_len(value) == 0 && value_kind(value) == VALUE_STRING;
    if (is_short)
        value_add_json(out, value);
    else
        text_add(out, is_empty ? "an empty string" : value_kind_name(value_kind(value)));
}

/* Without it, "must be an integer, 0 or more, but is 99999999999" would be a riddle, and so would "must be a
 * string, but is" and one with a NUL. */
static void add_reason(struct text *out, const struct rule *rule, const struct value *value)
{
    int64_t number;
    if (value_kind(value) == VALUE_STRING && strlen(value_text(value)) < value_text_len(value))
        text_add(out, ", with a NUL character");
    bool is_more = rule->most > 0 && !(value_int(value, &number) && number <= rule->most);
    if (is_more && value_float(value) >= (double)rule->most)
        text_addf(out, ", more than %lld", (long long)rule->most);
}

/* `bad`: the value or a part of it. */
static void add_fault(const struct rule *rule, const char *prefix, const struct value *value,
                      const struct value *bad, struct faults *faults)
{
    CLEANUP(text_free) struct text found = {0}, remedy = {0};
    describe(&found, bad);
    add_reason(&found, rule, bad);
    config_remedy_add(&remedy, rule, value, bad, prefix[0] == '\0' && !rule->never_axis);
    fault_add(faults, FAULT_ERROR, value_place(bad), "'%s%s' must be %s, %s %s; %s", prefix, rule->key,
              rule->wanted, bad == value ? "but is" : "but holds", text_get(&found), text_get(&remedy));
}

void config_rule_check(const struct rule *rule, const char *prefix, const struct value *value,
                       struct faults *faults)
{
    const struct value *bad = rule->find_bad(rule, value);
    if (bad) {
        add_fault(rule, prefix, value, bad, faults);
        return;
    }
    CLEANUP(memory_free) char *deeper = text_format("%s%s.", prefix, rule->key);
    if (rule->members.count)
        config_rule_check_all(rule->members, deeper, value, faults);
}

static const struct value *find_bad_value(const struct rule *rule, const struct value *axis)
{
    for (size_t i = 0; i < value_count(axis); i++)
        if (rule->find_bad(rule, value_item(axis, i)))
            return value_item(axis, i);
    return NULL;
}

void config_rule_check_axis(const struct rule *rule, const struct value *axis, struct faults *faults)
{
    const struct value *first = find_bad_value(rule, axis);
    if (first && config_remedy_exists(rule, axis, first)) {
        add_fault(rule, "", axis, first, faults); /* one remedy for all of them */
        return;
    }
    for (size_t i = 0; first && i < value_count(axis); i++)
        config_rule_check(rule, "", value_item(axis, i), faults);
}

static void report_unknown(struct rules rules, const char *prefix, const struct value *object, size_t i,
                           struct faults *faults)
{
    const char *key = value_key(object, i);
    const struct rule *nearest = config_rule_nearest(rules, key, NULL);
    /* A key that is given too was rather not meant, unless it is but a slip away. */
    if (nearest && !nearest_is_typo(key, nearest->key) && config_rule_nearest(rules, key, object))
        nearest = config_rule_nearest(rules, key, object);
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

bool config_rule_is_left_out(const struct value *object, size_t i, const struct faults *faults)
{
    struct value_place place = value_key_place(object, i);
    return value_kind(value_item(object, i)) == VALUE_NULL && place.line > 0 && place.source == 0 &&
           faults_are_at(faults, place);
}

void config_rule_check_all(struct rules rules, const char *prefix, const struct value *object,
                           struct faults *faults)
{
    for (size_t i = 0; i < value_count(object); i++) {
        const struct rule *rule = config_rule_find(rules, value_key(object, i));
        if (config_rule_is_left_out(object, i, faults))
            continue;
        if (rule)
            config_rule_check(rule, prefix, value_item(object, i), faults);
        else
            report_unknown(rules, prefix, object, i, faults);
    }
    for (size_t i = 0; i < rules.count; i++) {
        const struct rule *rule = &rules.items[i];
        if (rule->required && !value_get(object, rule->key) && !config_rule_is_misspelt(rules, rule, object))
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
