/* The checks that rules are made of. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "config/rule.h"

static const struct value *bad_unless(bool good, const struct value *value)
{
    return good ? NULL : value;
}

static bool is_string(const struct value *value)
{
    return value_kind(value) == VALUE_STRING && strlen(value_text(value)) == value_text_len(value);
}

static bool is_filled(const struct value *value)
{
    return is_string(value) && value_text_len(value) > 0;
}

const struct value *config_rule_any(const struct rule *rule, const struct value *value)
{
    (void)rule;
    (void)value;
    return NULL;
}

const struct value *config_rule_bool(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(value_kind(value) == VALUE_BOOL, value);
}

const struct value *config_rule_int(const struct rule *rule, const struct value *value)
{
    int64_t number;
    return bad_unless(value_int(value, &number) && number >= rule->least && number <= rule->most, value);
}

const struct value *config_rule_number(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(isfinite(value_float(value)) && value_float(value) >= 0, value);
}

double config_rule_seconds(const struct value *duration)
{
    struct error ignored;
    double seconds = (double)NAN;
    if (is_string(duration) || value_is_number(duration))
        duration_parse(value_text(duration), &seconds, &ignored);
    return seconds;
}

const struct value *config_rule_duration(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(!isnan(config_rule_seconds(value)), value);
}

const struct value *config_rule_string(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(is_string(value), value);
}

const struct value *config_rule_filled(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(is_filled(value), value);
}

/* What labels keep as it is, the point, and all beyond ASCII. */
bool config_rule_is_name_byte(char c)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_letter || (c && strchr("_-+=,@%^.", c)) || (unsigned char)c >= 0x80;
}

const struct value *config_rule_name(const struct rule *rule, const struct value *value)
{
    (void)rule;
    bool good = is_filled(value) && value_text(value)[0] != '.' && value_text(value)[0] != '-';
    for (const char *c = value_text(value); good && *c; c++)
        good = config_rule_is_name_byte(*c);
    return bad_unless(good, value);
}

const struct value *config_rule_folder(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(is_filled(value) && value_text(value)[0] != '~', value);
}

int config_rule_find_name(const char *const *names, const struct value *value)
{
    for (int i = 0; is_string(value) && names[i]; i++)
        if (strcmp(value_text(value), names[i]) == 0)
            return i;
    return -1;
}

const struct value *config_rule_one_of(const struct rule *rule, const struct value *value)
{
    return bad_unless(config_rule_find_name(rule->names, value) >= 0, value);
}

const struct value *config_rule_object(const struct rule *rule, const struct value *value)
{
    (void)rule;
    return bad_unless(value_kind(value) == VALUE_OBJECT, value);
}

static const struct value *find_bad_item(const struct rule *rule, const struct value *value,
                                         enum value_kind kind, rule_check *find_bad)
{
    if (value_kind(value) != kind)
        return value;
    for (size_t i = 0; i < value_count(value); i++)
        if (find_bad(rule, value_item(value, i)))
            return value_item(value, i);
    return NULL;
}

const struct value *config_rule_objects(const struct rule *rule, const struct value *value)
{
    return find_bad_item(rule, value, VALUE_ARRAY, config_rule_object);
}

const struct value *config_rule_program(const struct rule *rule, const struct value *value)
{
    if (value_kind(value) != VALUE_ARRAY || value_count(value) == 0)
        return value;
    const struct value *first = value_item(value, 0);
    return is_filled(first) ? find_bad_item(rule, value, VALUE_ARRAY, config_rule_string) : first;
}

static const struct value *find_bad_device(const struct rule *rule, const struct value *value)
{
    return config_rule_int(rule, value) ? config_rule_filled(rule, value) : NULL;
}

const struct value *config_rule_devices(const struct rule *rule, const struct value *value)
{
    bool is_empty = value_kind(value) == VALUE_ARRAY && value_count(value) == 0;
    return is_empty ? value : find_bad_item(rule, value, VALUE_ARRAY, find_bad_device);
}

const struct value *config_rule_strings(const struct rule *rule, const struct value *value)
{
    return find_bad_item(rule, value, VALUE_OBJECT, config_rule_filled);
}
