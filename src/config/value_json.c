/* Values as JSON text. */
#include <string.h>

#include "base/utf8.h"
#include "config/decimal.h"
#include "config/value.h"

static void add_scalar(struct text *out, const struct value *value)
{
    if (value_kind(value) == VALUE_STRING)
        text_add_json_string(out, value_text(value), value_text_len(value));
    else if (value_is_number(value))
        value_decimal_add_json(out, value_text(value), value_text_len(value));
    else
        text_add(out, value_text(value));
}

static bool is_container(const struct value *value)
{
    return value_kind(value) == VALUE_ARRAY || value_kind(value) == VALUE_OBJECT;
}

static bool spans_lines(const struct value *value)
{
    if (value_kind(value) == VALUE_OBJECT)
        return value_count(value) > 0;
    for (size_t i = 0; i < value_count(value); i++)
        if (is_container(value_item(value, i)))
            return true;
    return false;
}

static void add_line_break(struct text *out, int level)
{
    text_add_char(out, '\n');
    for (int i = 0; i < level; i++)
        text_add(out, "  ");
}

/* level -1: on one line. */
static void add_value(struct text *out, const struct value *value, int level)
{
    if (!is_container(value)) {
        add_scalar(out, value);
        return;
    }
    bool is_object = value_kind(value) == VALUE_OBJECT;
    bool lines = level >= 0 && spans_lines(value);
    text_add_char(out, is_object ? '{' : '[');
    for (size_t i = 0; i < value_count(value); i++) {
        if (i > 0)
            text_add(out, lines ? "," : ", ");
        if (lines)
            add_line_break(out, level + 1);
        if (is_object) {
            text_add_json_string(out, value_key(value, i), strlen(value_key(value, i)));
            text_add(out, ": ");
        }
        add_value(out, value_item(value, i), lines ? level + 1 : -1);
    }
    if (lines)
        add_line_break(out, level);
    text_add_char(out, is_object ? '}' : ']');
}

void value_add_json(struct text *out, const struct value *value)
{
    add_value(out, value, -1);
}

void value_add_json_short(struct text *out, const struct value *value)
{
    enum { most = 100 };
    size_t end = out->len + most;
    add_value(out, value, -1);
    if (out->len <= end)
        return;
    text_cut(out, utf8_fit(out->data, end));
    text_add(out, "…");
}

void value_add_json_lines(struct text *out, const struct value *value)
{
    add_value(out, value, 0);
}

void value_add_json_part(struct text *out, const struct value *value, int level)
{
    add_value(out, value, level);
}
