#include "config/tag.h"

#include <string.h>

#include "base/ascii.h"
#include "base/memory.h"

static const char standard[] = "tag:yaml.org,2002:";

enum { longest_shown = 40 };

/* --- makers of values; each returns NULL for a text that does not fit --- */

static struct value *only(enum value_kind kind, struct value *value)
{
    if (value_kind(value) == kind)
        return value;
    value_unref(value);
    return NULL;
}

static struct value *make_string(const char *text, size_t len)
{
    return value_new_string(text, len);
}

static struct value *make_int(const char *text, size_t len)
{
    return only(VALUE_INT, value_new_plain(text, len));
}

/* Writes an integer with a point, so that it is a float to all who read it later. */
static struct value *make_float(const char *text, size_t len)
{
    struct value *value = value_new_plain(text, len);
    if (value_kind(value) != VALUE_INT)
        return only(VALUE_FLOAT, value);
    CLEANUP(memory_free) char *pointed = text_format("%s.0", value_text(value));
    value_unref(value);
    return value_new_plain(pointed, strlen(pointed));
}

/* Takes the words of YAML 1.1 as well: somebody who writes !!bool means one. */
static struct value *make_bool(const char *text, size_t len)
{
    struct value *value = value_new_plain(text, len);
    bool truth;
    if (value_kind(value) != VALUE_STRING || !value_is_truth_word(value, &truth))
        return only(VALUE_BOOL, value);
    value_unref(value);
    return value_new_bool(truth);
}

static struct value *make_null(const char *text, size_t len)
{
    return only(VALUE_NULL, value_new_plain(text, len));
}

static struct value *make_none(const char *text, size_t len)
{
    (void)text;
    (void)len;
    return NULL;
}

static const struct known {
    const char *name, *wanted;
    struct value *(*make)(const char *text, size_t len);
    enum value_kind container; /* that it is for; VALUE_STRING: for none */
} known[] = {
    {"!", "a string", make_string, VALUE_STRING}, /* for arrays and objects it says nothing */
    {"!!str", "a string", make_string, VALUE_STRING},  {"!!int", "an integer", make_int, VALUE_STRING},
    {"!!float", "a number", make_float, VALUE_STRING}, {"!!bool", "true or false", make_bool, VALUE_STRING},
    {"!!null", "null", make_null, VALUE_STRING},       {"!!seq", "an array", make_none, VALUE_ARRAY},
    {"!!map", "an object", make_none, VALUE_OBJECT},   {"!!merge", "the key <<", make_none, VALUE_STRING},
};

/* Advice on what to write instead of other tags, by how they begin; the last one fits all. */
static const struct advice {
    const char *begins, *advice;
} advices[] = {
    {"!!python/tuple", "write an array, at the top of the config within another one: [[1, 2]]"},
    {"!!python/", "no objects of Python are made here, so write the value itself"},
    {"!!timestamp", "remove it, and the time is a string"},
    {"!!binary", "write a string in quotes, and decode it in the program"},
    {"!!set", "write an array of its members"},
    {"!!omap", "write an object, which keeps the order of its keys"},
    {"!!pairs", "write an array of objects"},
    {"!env", "remove it, and give the value on the command line: --set KEY=VALUE"},
    {"!inc", "a config is one file, so write the content here"},
    {"!", "remove it, and write the value itself"},
};

/* Adds the tag as people write it. */
static void add_name(struct text *out, const char *name)
{
    bool is_standard = strncmp(name, standard, sizeof standard - 1) == 0;
    text_add(out, is_standard ? "!!" : "");
    text_add(out, is_standard ? name + sizeof standard - 1 : name);
}

static const struct known *find(const char *name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return &known[i];
    return NULL;
}

static const char *advise(const char *name)
{
    size_t last = sizeof advices / sizeof *advices - 1;
    for (size_t i = 0; i < last; i++)
        if (ascii_starts_with(name, advices[i].begins))
            return advices[i].advice;
    return advices[last].advice;
}

/* Returns the tag's row of the table; NULL with the fault added when it has none. */
static const struct known *look_up(const struct tag *tag, struct faults *faults)
{
    CLEANUP(text_free) struct text name = {0};
    add_name(&name, tag->name);
    const struct known *row = find(text_get(&name));
    if (!row)
        fault_add(faults, FAULT_ERROR, tag->place, "furcate does not know the tag %s; %s", text_get(&name),
                  advise(text_get(&name)));
    return row;
}

static void add_misfit(const struct known *row, const struct value *value, struct value_place place,
                       struct faults *faults)
{
    CLEANUP(text_free) struct text found = {0};
    bool is_short = value_text_len(value) > 0 && value_text_len(value) <= longest_shown;
    if (is_short)
        value_add_json(&found, value);
    else
        text_add(&found, value_kind_name(value_kind(value)));
    fault_add(faults, FAULT_ERROR, place,
              "the tag %s says that this is %s, but it is %s; correct it, or remove the tag", row->name,
              row->wanted, text_get(&found));
}

static struct value *untagged(const char *text, size_t len, bool is_plain)
{
    struct value *value = is_plain ? value_new_plain(text, len) : value_new_string(text, len);
    if (is_plain && value_kind(value) == VALUE_STRING)
        value_set_unquoted(value);
    return value;
}

struct value *config_tag_scalar(const struct tag *tag, const char *text, size_t len, bool is_plain,
                                struct value_place place, struct faults *faults)
{
    if (!tag->name)
        return untagged(text, len, is_plain);
    const struct known *row = look_up(tag, faults);
    struct value *value = row ? row->make(text, len) : NULL;
    if (value)
        return value;
    value = untagged(text, len, is_plain);
    if (row)
        add_misfit(row, value, place, faults);
    return value;
}

void config_tag_check_container(const struct tag *tag, const struct value *container, struct faults *faults)
{
    const struct known *row = look_up(tag, faults);
    if (row && row->container != value_kind(container) && strcmp(row->name, "!") != 0)
        add_misfit(row, container, value_place(container), faults);
}

bool config_tag_check_key(const struct tag *tag, struct faults *faults)
{
    const struct known *row = look_up(tag, faults);
    return row && strcmp(row->name, "!!merge") == 0;
}
