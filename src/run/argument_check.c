/* Tells what is wrong with an argument, and what to write instead. */
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"
#include "run/argument.h"

enum { most_shown = 120 }; /* bytes of an argument in a message: a program may be given as one (python -c) */

static void add_shown(struct text *out, const char *argument)
{
    size_t len = strlen(argument), shown = len > most_shown ? utf8_fit(argument, most_shown) : len;
    text_addf(out, "the argument '%.*s%s' ", (int)shown, argument, shown < len ? "…" : "");
}

static bool refuse(struct error *err, const struct text *fault)
{
    return error_set(err, ERROR_USAGE, "%s", text_get(fault));
}

/* --- braces that were meant as such: JSON, a program of awk --- */

/* Returns the length of the placeholder at `at` that stands for something; 0: none does. */
static size_t placeholder_length(const struct config *config, const char *at)
{
    size_t len = strcspn(at + 1, "{}");
    struct piece piece = {at + 1, len, true};
    if (at[0] != '{' || at[1 + len] != '}' || argument_meaning(config, &piece) == MEANS_NOTHING)
        return 0;
    return len + 2;
}

/* Adds the argument with all braces doubled that belong to no placeholder. */
static void add_doubled(struct text *out, const char *argument, const struct config *config)
{
    for (const char *at = argument; *at;) {
        size_t len = placeholder_length(config, at);
        if (len == 0 && (*at == '{' || *at == '}'))
            text_add_char(out, *at);
        text_add_bytes(out, at, len ? len : 1);
        at += len ? len : 1;
    }
}

static void add_remedy_for_braces(struct text *out, const char *argument, const struct config *config)
{
    bool is_short = strlen(argument) <= most_shown && !strstr(argument, "{{") && !strchr(argument, '\'');
    if (!is_short) {
        text_add(out, "write {{ and }} for braces that are meant as such");
        return;
    }
    text_add(out, "for braces that are meant as such write '");
    add_doubled(out, argument, config);
    text_add(out, "'");
}

static bool looks_like_code(const struct piece *piece)
{
    for (size_t i = 0; i < piece->len; i++)
        if (strchr(" \t\n\"'$:;,()=", piece->start[i]))
            return true;
    return piece->len == 0;
}

/* --- names of no key --- */

/* Adds the placeholder that was most likely meant; false when there is none. */
static bool add_nearest(struct text *out, const struct config *config, const char *word)
{
    size_t len = strcspn(word, ".");
    CLEANUP(memory_free) char *first = memory_copy_bytes(word, len);
    const char *near = value_nearest_key(config_keys(config), word), *rest = "";
    if (!near && word[len] && (near = value_nearest_key(config_keys(config), first)))
        rest = word + len;
    if (near)
        text_addf(out, "did you mean {%s%s}?", near, rest);
    return near;
}

static bool refuse_key(const struct config *config, const char *argument, const struct piece *piece,
                       struct error *err)
{
    CLEANUP(text_free) struct text fault = {0};
    CLEANUP(memory_free) char *key = memory_copy_bytes(piece->start, piece->len);
    add_shown(&fault, argument);
    text_addf(&fault, "names {%s}, which is no key of %s; ", key, config_path(config));
    if (looks_like_code(piece))
        add_remedy_for_braces(&fault, argument, config);
    else if (!add_nearest(&fault, config, key))
        text_add(&fault, "add the key, or write {{ and }} for braces that are meant as such");
    return refuse(err, &fault);
}

static bool refuse_open_brace(const struct config *config, const char *argument, struct error *err)
{
    CLEANUP(text_free) struct text fault = {0};
    add_shown(&fault, argument);
    text_add(&fault, "opens a brace and never closes it; ");
    add_remedy_for_braces(&fault, argument, config);
    return refuse(err, &fault);
}

static bool check_alone(const char *argument, const struct piece *piece, struct error *err)
{
    CLEANUP(text_free) struct text fault = {0};
    if (strlen(argument) == piece->len + 2)
        return true;
    text_addf(&fault, "'{%.*s}' in '%s' stands for several arguments, so it must be an argument of its own",
              (int)piece->len, piece->start, argument);
    return refuse(err, &fault);
}

/* --- names of what is within a value --- */

/* Adds what a value holds, as placeholders. `path`: of the value itself. */
static void add_choices(struct text *out, const struct value *value, const char *path, int path_len)
{
    enum { most_choices = 8 };
    bool is_object = value_kind(value) == VALUE_OBJECT;
    size_t count = is_object || value_kind(value) == VALUE_ARRAY ? value_count(value) : 0;
    if (count == 0)
        text_addf(out, "{%.*s} is %s, with nothing in it", path_len, path,
                  value_kind_name(value_kind(value)));
    for (size_t i = 0; i < count && i < most_choices; i++) {
        text_addf(out, "%s{%.*s.", i ? ", " : "there are ", path_len, path);
        if (is_object)
            text_addf(out, "%s}", value_key(value, i));
        else
            text_addf(out, "%zu}", i);
    }
    if (count > most_choices)
        text_addf(out, " and %zu more", count - most_choices);
}

/* Refuses what no run has, and names what is there, at the deepest place that the path leads to. */
static bool refuse_inner(const char *argument, const struct piece *piece, const struct piece *inner,
                         const struct value *value, struct error *err)
{
    CLEANUP(text_free) struct text fault = {0};
    const char *end = inner->start + inner->len;
    const struct value *deepest = NULL;
    while (!deepest && end > inner->start)
        if (*--end == '.')
            deepest = value_reach(value, inner->start, (size_t)(end - inner->start));
    if (!deepest)
        end = inner->start - 1;
    add_shown(&fault, argument);
    text_addf(&fault, "names {%.*s}, which is nowhere in the config; ", (int)piece->len, piece->start);
    add_choices(&fault, deepest ? deepest : value, piece->start, (int)(end - piece->start));
    return refuse(err, &fault);
}

static bool refuse_lacking(const char *argument, const struct piece *piece, const char *key,
                           const struct value *value, struct error *err)
{
    CLEANUP(text_free) struct text fault = {0};
    add_shown(&fault, argument);
    text_addf(&fault, "names {%.*s}, which one value of %s does not have: ", (int)piece->len, piece->start,
              key);
    value_add_json_short(&fault, value);
    text_add(&fault, "; add it there (null, if there is nothing to say)");
    return refuse(err, &fault);
}

static bool holds_nul(const struct value *value)
{
    return strlen(value_text(value)) < value_text_len(value);
}

/* Refuses a NUL, at which the argument would end: the rest would be lost. */
static bool check_text(const char *argument, const char *key, const struct value *value, struct error *err)
{
    CLEANUP(text_free) struct text fault = {0};
    if (!holds_nul(value))
        return true;
    add_shown(&fault, argument);
    text_addf(&fault, "would hold a NUL character, of a value of %s: ", key);
    value_add_json_short(&fault, value);
    text_add(&fault, "; no argument can, so remove it, or let the program read {config}");
    return refuse(err, &fault);
}

/* Returns whether a permutation is planned that has this value of an axis. */
static bool is_planned(const struct plan *plan, size_t axis, size_t value)
{
    CLEANUP(memory_free) int64_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    for (size_t i = 0; i < plan_axis_count(plan); i++)
        choice[i] = i == axis ? (int64_t)value : -1;
    return !plan_excludes_all(plan, choice);
}

/* Returns the value that an inner path leads to; without one, the value itself. */
static const struct value *reach(const struct value *value, const struct piece *inner)
{
    return inner->start ? value_reach(value, inner->start, inner->len) : value;
}

static bool check_inner(const char *argument, const struct plan *plan, const struct piece *piece,
                        struct error *err)
{
    struct piece inner;
    const struct value *keys = config_keys(plan_config(plan)), *lacking = NULL;
    int64_t key = argument_find_key(plan_config(plan), piece, &inner);
    const char *name = value_key(keys, (size_t)key);
    int64_t at = plan_find_axis(plan, name);
    if (strlen(name) == piece->len)
        inner.start = NULL;
    if (at < 0) {
        const struct value *value = value_item(keys, (size_t)key), *part = reach(value, &inner);
        return part ? check_text(argument, name, part, err)
                    : refuse_inner(argument, piece, &inner, value, err);
    }
    const struct axis *axis = plan_axis(plan, (size_t)at);
    bool any = false;
    for (size_t i = 0; i < axis->count; i++) {
        const struct value *part = reach(axis->values[i], &inner);
        any |= part != NULL;
        if (part ? !holds_nul(part) : lacking != NULL)
            continue;
        if (!is_planned(plan, (size_t)at, i))
            continue;
        if (part)
            return check_text(argument, name, part, err);
        lacking = axis->values[i];
    }
    return !lacking || (any ? refuse_lacking(argument, piece, name, lacking, err)
                            : refuse_inner(argument, piece, &inner, lacking, err));
}

static bool check_axes(const char *argument, const struct plan *plan, struct error *err)
{
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        for (size_t j = 0; j < axis->count; j++)
            if (!check_text(argument, axis->key, axis->values[j], err))
                return false;
    }
    return true;
}

static bool check_piece(const char *argument, const struct plan *plan, const struct piece *piece,
                        struct error *err)
{
    const struct config *config = plan_config(plan);
    enum meaning meaning = argument_meaning(config, piece);
    if (meaning == MEANS_KEY)
        return check_inner(argument, plan, piece, err);
    if (meaning == MEANS_AXES || meaning == MEANS_FLAGS)
        return check_alone(argument, piece, err) && check_axes(argument, plan, err);
    if (meaning != MEANS_NOTHING)
        return true;
    return piece->len == 1 && *piece->start == '{' ? refuse_open_brace(config, argument, err)
                                                   : refuse_key(config, argument, piece, err);
}

bool argument_check(const char *argument, const struct plan *plan, struct error *err)
{
    struct piece piece;
    for (const char *rest = argument; argument_next_piece(&rest, &piece);)
        if (!check_piece(argument, plan, &piece, err))
            return false;
    return true;
}
