#include "run/argument.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

bool argument_next_piece(const char **rest, struct piece *piece)
{
    const char *at = *rest;
    if (*at == '\0')
        return false;
    if (at[0] == '{' && at[1] != '{') {
        size_t len = strcspn(at + 1, "{}");
        bool closed = at[1 + len] == '}';
        *piece = closed ? (struct piece){at + 1, len, true} : (struct piece){at, 1, true};
        *rest = at + 1 + (closed ? len + 1 : 0);
    } else if (at[0] == '{' || at[0] == '}') {
        *piece = (struct piece){at, 1, false};
        *rest = at + (at[1] == at[0] ? 2 : 1);
    } else {
        size_t len = strcspn(at, "{}");
        *piece = (struct piece){at, len, false};
        *rest = at + len;
    }
    return true;
}

/* --- what a piece stands for --- */

static bool is_word(const char *start, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(word, start, len) == 0;
}

static int64_t find_key(const struct config *config, const char *start, size_t len)
{
    const struct value *keys = config_keys(config);
    for (size_t i = 0; i < value_count(keys); i++)
        if (is_word(start, len, value_key(keys, i)))
            return (int64_t)i;
    return -1;
}

int64_t argument_find_key(const struct config *config, const struct piece *piece, struct piece *inner)
{
    size_t end = piece->len;
    for (;;) {
        int64_t key = find_key(config, piece->start, end);
        size_t after = end < piece->len ? end + 1 : end;
        *inner = (struct piece){piece->start + after, piece->len - after, true};
        if (key >= 0)
            return key;
        const char *dot = memrchr(piece->start, '.', end);
        if (!dot)
            return -1;
        end = (size_t)(dot - piece->start);
    }
}

enum meaning argument_meaning(const struct config *config, const struct piece *piece)
{
    static const struct {
        const char *word;
        enum meaning meaning;
    } words[] = {{"config", MEANS_CONFIG},
                 {"gpu_id", MEANS_GPU_ID},
                 {"slot", MEANS_SLOT},
                 {"*", MEANS_AXES},
                 {"flags", MEANS_FLAGS}};
    struct piece inner;
    if (!piece->in_braces)
        return MEANS_TEXT;
    if (is_word(piece->start, piece->len, "log_dir"))
        return MEANS_LOG_DIR;
    if (argument_find_key(config, piece, &inner) >= 0)
        return MEANS_KEY;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(piece->start, piece->len, words[i].word))
            return words[i].meaning;
    return MEANS_NOTHING;
}

/* --- filling in --- */

/* Adds a float that is not finite as programs read it; few know the ".inf" of YAML. */
static void add_infinite_or_nan(struct text *out, double number)
{
    text_add(out, isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
}

static void add_value(struct text *out, const struct value *value)
{
    if (value_kind(value) == VALUE_ARRAY || value_kind(value) == VALUE_OBJECT)
        value_add_json(out, value);
    else if (value_kind(value) == VALUE_FLOAT && !isfinite(value_float(value)))
        add_infinite_or_nan(out, value_float(value));
    else
        text_add_bytes(out, value_text(value), value_text_len(value));
}

static void add_run_piece(struct text *out, const struct piece *piece, enum meaning meaning,
                          const struct run *run)
{
    if (!run->directory)
        text_addf(out, "{%.*s}", (int)piece->len, piece->start);
    else if (meaning == MEANS_CONFIG)
        text_addf(out, "%s/%s", run->directory, store_config_name(run));
    else if (meaning == MEANS_LOG_DIR)
        text_add(out, run->directory);
    else
        text_addf(out, "%d", meaning == MEANS_SLOT ? run->slot_index : run->gpu_id);
}

static void add_piece(struct text *out, const struct piece *piece, const struct config *config,
                      const struct run *run)
{
    enum meaning meaning = argument_meaning(config, piece);
    if (meaning == MEANS_TEXT)
        text_add_bytes(out, piece->start, piece->len);
    if (meaning == MEANS_TEXT || meaning == MEANS_NOTHING)
        return;
    if (meaning != MEANS_KEY) {
        add_run_piece(out, piece, meaning, run);
        return;
    }
    const struct value *value = value_reach(run->keys, piece->start, piece->len);
    if (value)
        add_value(out, value);
}

char *argument_fill_in(const char *argument, const struct config *config, const struct run *run)
{
    struct text filled = {0};
    struct piece piece;
    for (const char *rest = argument; argument_next_piece(&rest, &piece);)
        add_piece(&filled, &piece, config, run);
    return text_take(&filled);
}

/* --- {*} and {flags} --- */

static void add_pair(argument_list *arguments, const char *key, const struct value *value)
{
    struct text argument = {0};
    text_addf(&argument, "--%s=", key);
    add_value(&argument, value);
    vector_push(arguments, text_take(&argument));
}

/* Adds a value as Python's argparse takes it: a switch that is there or not, a list (nargs), or one value. */
static void add_flag(argument_list *arguments, const char *key, const struct value *value)
{
    enum value_kind kind = value_kind(value);
    bool is_off = kind == VALUE_NULL || (kind == VALUE_BOOL && !value_bool(value));
    if (kind != VALUE_ARRAY && kind != VALUE_BOOL && kind != VALUE_NULL)
        add_pair(arguments, key, value);
    else if (!is_off)
        vector_push(arguments, text_format("--%s", key));
    for (size_t i = 0; kind == VALUE_ARRAY && i < value_count(value); i++) {
        struct text item = {0};
        add_value(&item, value_item(value, i));
        vector_push(arguments, text_take(&item));
    }
}

static void add_axes(argument_list *arguments, enum meaning meaning, const struct config *config,
                     const struct run *run)
{
    const struct value *keys = config_keys(config);
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        const struct value *value = value_get(run->keys, key);
        if (value && config_is_axis(config, i))
            (meaning == MEANS_AXES ? add_pair : add_flag)(arguments, key, value);
    }
}

/* Returns the meaning of the whole argument, when it is one placeholder; else MEANS_TEXT. */
static enum meaning meaning_of(const char *argument, const struct config *config)
{
    struct piece piece;
    const char *rest = argument;
    return argument_next_piece(&rest, &piece) && *rest == '\0' ? argument_meaning(config, &piece)
                                                               : MEANS_TEXT;
}

bool argument_is_list(const char *argument, const struct config *config)
{
    enum meaning meaning = meaning_of(argument, config);
    return meaning == MEANS_AXES || meaning == MEANS_FLAGS;
}

void argument_add(argument_list *arguments, const char *argument, const struct config *config,
                  const struct run *run)
{
    if (argument_is_list(argument, config))
        add_axes(arguments, meaning_of(argument, config), config, run);
    else
        vector_push(arguments, argument_fill_in(argument, config, run));
}
