/* Each remedy makes another value of a bad one. Only one that keeps the rule is shown, so that no advice is
 * given that would be refused in its turn. */
#include "config/remedy.h"

#include <string.h>

#include "base/ascii.h"
#include "base/memory.h"
#include "base/nearest.h"

enum { longest_shown = 60 };

/* What values in one string stand between. */
static const char between[] = " ,[]";

static bool is_string(const struct value *value)
{
    return value_kind(value) == VALUE_STRING;
}

static struct value *new_string(const char *text)
{
    return value_new_string(text, strlen(text));
}

/* A plain value that is no string; NULL when it would be one. */
static struct value *new_scalar(const char *text, size_t len)
{
    struct value *value = value_new_plain(text, len);
    if (!is_string(value))
        return value;
    value_unref(value);
    return NULL;
}

/* --- the remedies; each returns NULL for a value it is not for --- */

/* "32" */
static struct value *unquote(const struct rule *rule, const struct value *bad)
{
    (void)rule;
    const char *text = value_text(bad);
    size_t len = value_text_len(bad), start = strspn(text, " ");
    while (len > start && text[len - 1] == ' ')
        len--;
    return is_string(bad) && len > start ? new_scalar(text + start, len - start) : NULL;
}

/* 1_000, as Python has it */
static struct value *drop_underscores(const struct rule *rule, const struct value *bad)
{
    (void)rule;
    CLEANUP(text_free) struct text rest = {0};
    for (const char *c = value_text(bad); *c; c++)
        if (*c != '_')
            text_add_char(&rest, *c);
    return is_string(bad) && rest.len < value_text_len(bad) ? new_scalar(text_get(&rest), rest.len) : NULL;
}

/* 0,01 */
static struct value *point_for_comma(const struct rule *rule, const struct value *bad)
{
    CLEANUP(memory_free) char *copy = memory_copy_text(value_text(bad));
    char *comma = strchr(copy, ',');
    if (rule->find_bad != config_rule_number || !is_string(bad) || !comma || strpbrk(copy, ". "))
        return NULL;
    *comma = '.';
    return new_scalar(copy, strlen(copy));
}

/* 5 */
static struct value *quote(const struct rule *rule, const struct value *bad)
{
    bool is_plain = value_is_number(bad) || value_kind(bad) == VALUE_BOOL;
    return is_plain && rule->find_bad != config_rule_devices ? new_string(value_text(bad)) : NULL;
}

/* 1, "yes" */
static struct value *make_bool(const struct rule *rule, const struct value *bad)
{
    static const char *const words[2][5] = {{"0", "no", "off", "n", "false"},
                                            {"1", "yes", "on", "y", "true"}};
    (void)rule;
    for (int truth = 0; truth < 2; truth++)
        for (size_t i = 0; i < 5; i++)
            if (ascii_is_same(value_text(bad), words[truth][i]))
                return value_new_bool(truth);
    return NULL;
}

/* "maximize", "Spread" */
static struct value *name_it(const struct rule *rule, const struct value *bad)
{
    size_t count = 0;
    for (; rule->names && rule->names[count]; count++)
        if (is_string(bad) && ascii_contains(value_text(bad), rule->names[count]))
            return new_string(rule->names[count]);
    const char *nearest = is_string(bad) ? nearest_word(value_text(bad), rule->names, count) : NULL;
    return nearest ? new_string(nearest) : NULL;
}

/* "my data/v2" */
static struct value *join_name(const struct rule *rule, const struct value *bad)
{
    CLEANUP(text_free) struct text name = {0};
    if (rule->find_bad != config_rule_name || !is_string(bad))
        return NULL;
    for (const char *c = value_text(bad); *c; c++)
        if (config_rule_is_name_byte(*c) && (name.len > 0 || !strchr(".-", *c)))
            text_add_char(&name, *c);
        else if (name.len > 0 && name.data[name.len - 1] != '-')
            text_add_char(&name, '-');
    while (name.len > 0 && name.data[name.len - 1] == '-')
        name.data[--name.len] = '\0';
    return new_string(text_get(&name));
}

/* [10] */
static struct value *unwrap(const struct rule *rule, const struct value *bad)
{
    (void)rule;
    bool is_alone = value_kind(bad) == VALUE_ARRAY && value_count(bad) == 1;
    return is_alone ? value_ref(value_item(bad, 0)) : NULL;
}

/* {"batch_size": 32} where several may be given */
static struct value *wrap(const struct rule *rule, const struct value *bad)
{
    (void)rule;
    if (is_string(bad) && strpbrk(value_text(bad), between))
        return NULL;
    struct value *array = value_new_array();
    value_array_add(array, value_ref(bad));
    return array;
}

/* "python3 train.py"; what a shell would make of quotes and the like is left to the user. */
static struct value *split_words(const struct rule *rule, const struct value *bad)
{
    const char *rest = value_text(bad);
    if (rule->find_bad != config_rule_program || !is_string(bad) || strpbrk(rest, "\"'\\$`|&;<>*?"))
        return NULL;
    struct value *words = value_new_array();
    for (rest += strspn(rest, " "); *rest; rest += strspn(rest, " ")) {
        size_t len = strcspn(rest, " ");
        value_array_add(words, value_new_string(rest, len));
        rest += len;
    }
    return words;
}

/* "32, 64" and "[32, 64]" */
static struct value *split(const struct rule *rule, const struct value *bad)
{
    const char *rest = value_text(bad);
    if (rule->find_bad == config_rule_program || !is_string(bad) || !strpbrk(rest, between))
        return NULL;
    struct value *values = value_new_array();
    for (rest += strspn(rest, between); *rest; rest += strspn(rest, between)) {
        size_t len = strcspn(rest, between);
        value_array_add(values, value_new_plain(rest, len));
        rest += len;
    }
    return values;
}

static const struct remedy {
    const char *advice; /* NULL: the new value says it */
    struct value *(*make)(const struct rule *rule, const struct value *bad);
} remedies[] = {
    {"remove the quotes", unquote},
    {"write it without _", drop_underscores},
    {"write the point as .", point_for_comma},
    {"put it in quotes", quote},
    {NULL, make_bool},
    {NULL, name_it},
    {NULL, join_name},
    {"take it out of the [ ]", unwrap},
    {"wrap it in [ ]", wrap},
    {"give each word its own quotes", split_words},
    {"wrap the values in [ ]", split},
};

enum { remedy_count = sizeof remedies / sizeof *remedies };

static bool is_good(const struct rule *rule, const struct value *value, bool as_axis)
{
    if (!as_axis || value_kind(value) != VALUE_ARRAY)
        return !rule->find_bad(rule, value);
    for (size_t i = 0; i < value_count(value); i++)
        if (rule->find_bad(rule, value_item(value, i)))
            return false;
    return value_count(value) > 0;
}

/* A copy of the array with all items of the bad one's kind mended. */
static struct value *replace_items(const struct remedy *remedy, const struct rule *rule,
                                   const struct value *array, const struct value *bad)
{
    struct value *copy = value_new_array();
    for (size_t i = 0; i < value_count(array); i++) {
        const struct value *item = value_item(array, i);
        bool is_like = value_kind(item) == value_kind(bad) || (value_is_number(item) && value_is_number(bad));
        struct value *mended = is_like ? remedy->make(rule, item) : NULL;
        value_array_add(copy, mended ? mended : value_ref(item));
    }
    return copy;
}

/* The value as it would be good; NULL: this remedy makes none. */
static struct value *try_remedy(const struct remedy *remedy, const struct rule *rule,
                                const struct value *value, const struct value *bad, bool as_axis)
{
    bool in_array = bad != value && value_kind(value) == VALUE_ARRAY;
    struct value *mended = in_array ? replace_items(remedy, rule, value, bad) : NULL;
    if (mended && is_good(rule, mended, as_axis))
        return mended;
    value_unref(mended);
    mended = remedy->make(rule, value);
    if (mended && is_good(rule, mended, as_axis))
        return mended;
    value_unref(mended);
    return NULL;
}

/* The first remedy that helps; NULL with *mended NULL: none. */
static const struct remedy *find_remedy(const struct rule *rule, const struct value *value,
                                        const struct value *bad, bool as_axis, struct value **mended)
{
    *mended = NULL;
    for (size_t i = 0; i < remedy_count; i++)
        if ((*mended = try_remedy(&remedies[i], rule, value, bad, as_axis)))
            return &remedies[i];
    return NULL;
}

void config_remedy_add(struct text *out, const struct rule *rule, const struct value *value,
                       const struct value *bad, bool as_axis)
{
    CLEANUP(value_cleanup) struct value *mended = NULL;
    CLEANUP(text_free) struct text json = {0};
    const struct remedy *remedy = find_remedy(rule, value, bad, as_axis, &mended);
    if (mended)
        value_add_json(&json, mended);
    if (mended && json.len <= longest_shown)
        text_addf(out, "%s%s \"%s\": %s", remedy->advice ? remedy->advice : "write",
                  remedy->advice ? ":" : "", rule->key, text_get(&json));
    else if (mended && remedy->advice)
        text_add(out, remedy->advice);
    else
        text_addf(out, "write for example \"%s\": %s", rule->key, rule->example);
}

bool config_remedy_exists(const struct rule *rule, const struct value *axis, const struct value *bad)
{
    CLEANUP(value_cleanup) struct value *mended = NULL;
    return find_remedy(rule, axis, bad, true, &mended) != NULL;
}
