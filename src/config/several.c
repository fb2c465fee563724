#include "config/several.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { most_shown = 3 };

struct several {
    struct faults *faults;
    size_t found;
    struct value_place next; /* of the first that is not shown */
};

static const char separators[] = " \t,;";

/* --- kinds of strings that stand for values --- */

/* Returns the values of "0.1, 0.2", "0.1 0.2" and "0.1 - 0.2"; NULL when the text is something else, which
 * one number is, too. */
static struct value *split(const char *text, size_t len)
{
    struct value *values = value_new_array();
    bool is_good = true;
    for (const char *c = text, *end = text + len; is_good && c < end;) {
        size_t size = strcspn(c, separators);
        size = size < (size_t)(end - c) ? size : (size_t)(end - c);
        bool is_dash = size == 1 && *c == '-';
        struct value *value = value_new_plain(c, size);
        is_good = is_dash || value_is_number(value) || value_kind(value) == VALUE_BOOL;
        if (is_good && !is_dash)
            value_array_add(values, value);
        else
            value_unref(value);
        for (c += size; c < end && strchr(separators, *c);)
            c++;
    }
    if (is_good && value_count(values) > 1)
        return values;
    value_unref(values);
    return NULL;
}

/* Adds the values as they are written where the string stands: in an array without brackets of their own. */
static void add_example(struct text *out, const struct value *values, bool in_array)
{
    CLEANUP(text_free) struct text json = {0};
    value_add_json_short(&json, values);
    bool is_whole = json.data[json.len - 1] == ']'; /* of a long one the end is left out */
    size_t left_out = in_array && is_whole;
    text_add_bytes(out, json.data + left_out, json.len - 2 * left_out);
}

/* Returns true for a number with commas between its thousands, such as "12,345". */
static bool has_thousands(const char *text)
{
    size_t first = strspn(text, "0123456789");
    bool has = first >= 1 && first <= 3 && text[first] == ',';
    for (text += first; has && *text; text += 4)
        has = *text == ',' && strspn(text + 1, "0123456789") == 3;
    return has;
}

static bool add_remedy_of_thousands(struct text *out, const char *text, bool in_array)
{
    (void)in_array;
    if (!has_thousands(text))
        return false;
    text_add(out, "for the number write ");
    for (; *text; text++)
        if (*text != ',')
            text_add_char(out, *text);
    text_add(out, " without commas, for several values write [ ] around them");
    return true;
}

static bool add_remedy_of_numbers(struct text *out, const char *text, bool in_array)
{
    CLEANUP(value_cleanup) struct value *values = split(text, strlen(text));
    if (!values)
        return false;
    text_add(out, "for several values write ");
    add_example(out, values, in_array);
    return true;
}

static bool add_remedy_of_comma(struct text *out, const char *text, bool in_array)
{
    (void)in_array;
    size_t len = strlen(text);
    if (len < 2 || text[len - 1] != ',' || strcspn(text, separators) != len - 1)
        return false;
    text_add(out, "remove the comma, or write { } around the config as in JSON");
    return true;
}

/* Within brackets "(0.1, 0.2)" is read as "(0.1" and "0.2)". */
static bool add_remedy_of_tuple(struct text *out, const char *text, bool in_array)
{
    if (*text != '(' || strlen(text) < 2)
        return false;
    size_t len = strlen(text) - 1 - (text[strlen(text) - 1] == ')');
    CLEANUP(value_cleanup) struct value *values = split(text + 1, len), *one = value_new_plain(text + 1, len);
    if (!values && !value_is_number(one))
        return false;
    text_add(out, "( ) make no array, so write [ ]");
    if (values && !in_array) {
        text_add(out, ", as in ");
        add_example(out, values, false);
    }
    return true;
}

static bool add_remedy_of_call(struct text *out, const char *text, bool in_array)
{
    static const char *const names[] = {"range(",     "arange(",  "linspace(",   "logspace(",
                                        "geomspace(", "uniform(", "loguniform(", "choice("};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *call = strstr(text, names[i]);
        if (!call || (call > text && !strchr(".([*", call[-1])))
            continue;
        text_addf(out, "nothing is computed here, so write the values out, as in %s",
                  in_array ? "0, 1, 2" : "[0, 1, 2]");
        return true;
    }
    return false;
}

/* Adds what to write instead of the string; false when it is a string like others. */
static bool add_remedy(struct text *out, const char *text, bool in_array)
{
    static bool (*const kinds[])(struct text *, const char *,
                                 bool) = {add_remedy_of_thousands, add_remedy_of_numbers, add_remedy_of_comma,
                                          add_remedy_of_tuple, add_remedy_of_call};
    bool is_found = false;
    for (size_t i = 0; strpbrk(text, " \t,;(") && i < sizeof kinds / sizeof *kinds && !is_found; i++)
        is_found = kinds[i](out, text, in_array);
    return is_found;
}

/* --- the search for them --- */

static bool is_shown(struct several *several, struct value_place place)
{
    if (++several->found == most_shown + 1)
        several->next = place;
    return several->found <= most_shown;
}

static void check_string(struct several *several, const char *key, const struct value *string, bool in_array)
{
    CLEANUP(text_free) struct text remedy = {0};
    struct value_place place = value_place(string);
    if (!value_is_unquoted(string) || faults_are_at(several->faults, place) ||
        !add_remedy(&remedy, value_text(string), in_array) || !is_shown(several, place))
        return;
    const char *verb = in_array ? "holds" : "is", *text = value_text(string);
    if (place.source == 0)
        fault_add(several->faults, FAULT_WARNING, place, "'%s' %s the string \"%s\"; %s, or put it in quotes",
                  key, verb, text, text_get(&remedy));
    else /* the shell takes the outer quotes */
        fault_add(several->faults, FAULT_WARNING, place,
                  "'%s' %s the string \"%s\"; %s, for the string '\"%s\"'", key, verb, text,
                  text_get(&remedy), text);
}

static bool is_same(struct value_place a, struct value_place b)
{
    return a.line == b.line && a.column == b.column && a.source == b.source;
}

/* Returns whether the member is a number alone, as in {0.1, 0.2}: a value that was left out has the place of
 * its key. */
static bool is_lone_number(const struct value *object, size_t i)
{
    const char *key = value_key(object, i);
    CLEANUP(value_cleanup) struct value *number = value_new_plain(key, strlen(key));
    return value_kind(value_item(object, i)) == VALUE_NULL && value_is_number(number) &&
           is_same(value_place(value_item(object, i)), value_key_place(object, i));
}

/* Warns of the first number of the object that stands where a key has to. */
static void check_keys(struct several *several, const struct value *object)
{
    size_t i = 0;
    while (i < value_count(object) && !is_lone_number(object, i))
        i++;
    if (i == value_count(object) || faults_are_at(several->faults, value_key_place(object, i)) ||
        !is_shown(several, value_key_place(object, i)))
        return;
    fault_add(several->faults, FAULT_WARNING, value_key_place(object, i),
              "'%s' is a key without a value here; for several values write [ ] around them, as in "
              "[0.1, 0.2]",
              value_key(object, i));
}

/* Looks through the value of a key. Calls itself at most as deep as the file is nested. */
static void visit(struct several *several, const char *key, // NOLINT(misc-no-recursion)
                  const struct value *value, bool in_array)
{
    bool is_object = value_kind(value) == VALUE_OBJECT, is_array = value_kind(value) == VALUE_ARRAY;
    if (!is_object && !is_array)
        check_string(several, key, value, in_array);
    for (size_t i = 0; i < value_count(value); i++)
        visit(several, is_object ? value_key(value, i) : key, value_item(value, i), is_array);
    if (is_object)
        check_keys(several, value);
}

static void visit_keys(struct several *several, const struct value *keys)
{
    for (size_t i = 0; i < value_count(keys); i++)
        if (strcmp(value_key(keys, i), "meta") != 0)
            visit(several, value_key(keys, i), value_item(keys, i), false);
    check_keys(several, keys);
}

void config_several_check(const struct value *root, struct faults *faults)
{
    struct several several = {.faults = faults};
    const struct value *meta = value_get(root, "meta");
    const struct value *entries = meta ? value_member(meta, "exclude_configs", VALUE_ARRAY) : NULL;
    visit_keys(&several, root);
    for (size_t i = 0; entries && i < value_count(entries); i++)
        visit(&several, "exclude_configs", value_item(entries, i), true);
    if (several.found > most_shown)
        fault_add(faults, FAULT_WARNING, several.next,
                  "%zu more like those above, from here on; write several values in [ ] with commas, or put "
                  "each string in quotes",
                  several.found - most_shown);
}
