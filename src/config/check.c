/* The checks that rules are made of. */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "config/rule.h"

static const struct value *bad_unless(bool good, const struct value *value)
{
    return good ? NULL : value;
}

static bool is_in(const struct value *value, int64_t least, int64_t most)
{
    int64_t number;
    return value_int(value, &number) && number >= least && number <= most;
}

static bool is_string(const struct value *value)
{
    return value_kind(value) == VALUE_STRING && strlen(value_text(value)) == value_text_len(value);
}

const struct value *config_rule_any(const struct value *value)
{
    (void)value;
    return NULL;
}

const struct value *config_rule_bool(const struct value *value)
{
    return bad_unless(value_kind(value) == VALUE_BOOL, value);
}

const struct value *config_rule_int(const struct value *value)
{
    return bad_unless(is_in(value, INT64_MIN, INT64_MAX), value);
}

const struct value *config_rule_positive(const struct value *value)
{
    return bad_unless(is_in(value, 1, INT64_MAX), value);
}

const struct value *config_rule_count(const struct value *value)
{
    return bad_unless(is_in(value, 0, INT_MAX), value);
}

const struct value *config_rule_number(const struct value *value)
{
    return bad_unless(value_is_number(value), value);
}

double config_rule_seconds(const struct value *duration)
{
    struct error ignored;
    double seconds = (double)NAN;
    if (is_string(duration) || value_is_number(duration))
        duration_parse(value_text(duration), &seconds, &ignored);
    return seconds;
}

const struct value *config_rule_duration(const struct value *value)
{
    return bad_unless(!isnan(config_rule_seconds(value)), value);
}

const struct value *config_rule_string(const struct value *value)
{
    return bad_unless(is_string(value), value);
}

const struct value *config_rule_filled(const struct value *value)
{
    return bad_unless(is_string(value) && value_text_len(value) > 0, value);
}

const struct value *config_rule_name(const struct value *value)
{
    return config_rule_filled(value) || strchr(value_text(value), '/') ? value : NULL;
}

const struct value *config_rule_object(const struct value *value)
{
    return bad_unless(value_kind(value) == VALUE_OBJECT, value);
}

static const struct value *find_bad_item(const struct value *value, enum value_kind kind,
                                         const struct value *(*find_bad)(const struct value *))
{
    if (value_kind(value) != kind)
        return value;
    for (size_t i = 0; i < value_count(value); i++)
        if (find_bad(value_item(value, i)))
            return value_item(value, i);
    return NULL;
}

const struct value *config_rule_objects(const struct value *value)
{
    return find_bad_item(value, VALUE_ARRAY, config_rule_object);
}

const struct value *config_rule_strings(const struct value *value)
{
    return value_count(value) == 0 ? value : find_bad_item(value, VALUE_ARRAY, config_rule_string);
}

static const struct value *find_bad_device(const struct value *value)
{
    return config_rule_count(value) ? config_rule_filled(value) : NULL;
}

const struct value *config_rule_devices(const struct value *value)
{
    return value_count(value) == 0 ? value : find_bad_item(value, VALUE_ARRAY, find_bad_device);
}

const struct value *config_rule_patterns(const struct value *value)
{
    return find_bad_item(value, VALUE_OBJECT, config_rule_filled);
}
