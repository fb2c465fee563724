#include "store/cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/memory.h"
#include "base/number.h"
#include "config/config.h"

static bool reads_as_string(const char *text, size_t len)
{
    if (len == 0 || strchr("\"[{", text[0]) || memchr(text, '\0', len))
        return false;
    CLEANUP(value_cleanup) struct value *plain = value_new_plain(text, len);
    return value_kind(plain) == VALUE_STRING;
}

void store_cell_add(struct text *out, const struct value *value)
{
    enum value_kind kind = value_kind(value);
    const char *text = value_text(value);
    size_t len = value_text_len(value);

    if (kind == VALUE_NULL)
        return;
    bool is_json = kind == VALUE_ARRAY || kind == VALUE_OBJECT;
    if (is_json || (kind == VALUE_STRING && !reads_as_string(text, len)))
        value_add_json(out, value);
    else
        text_add_bytes(out, text, len);
}

static bool starts_with_any(const char *text, size_t len, const char *starts)
{
    return len > 0 && text[0] != '\0' && strchr(starts, text[0]);
}

/* A JSON string, or an array or object in JSON or as Python writes it. */
static struct value *read_structured(const char *text, size_t len)
{
    if (!starts_with_any(text, len, "\"[{"))
        return NULL;
    struct error ignored;
    return config_parse("cell", text, len, &ignored);
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && ascii_starts_with(text, word);
}

static struct value *read_bool(const char *text, size_t len)
{
    bool truth = is_word(text, len, "true");
    return truth || is_word(text, len, "false") ? value_new_bool(truth) : NULL;
}

static struct value *read_null(const char *text, size_t len)
{
    static const char *const words[] = {"", "none", "null", "nan"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (is_word(text, len, words[i]))
            return value_new_null();
    return NULL;
}

/* "nan", "inf" and "-Infinity" in any casing. */
static struct value *read_not_finite(const char *text, size_t len)
{
    if (len < 3 || len > 9)
        return NULL;
    char word[10] = {0};
    memcpy(word, text, len);
    char *end;
    double number = number_read(word, &end);
    return end == word + len && !isfinite(number) ? value_new_float(number) : NULL;
}

int64_t store_cell_match(const char *text, size_t len, store_cell_find *find, const void *context)
{
    static struct value *(*const readings[])(const char *text, size_t len) = {
        read_structured, value_new_plain, value_new_string, read_bool, read_null, read_not_finite,
    };
    int64_t found = -1;
    for (size_t i = 0; i < sizeof readings / sizeof *readings && found < 0; i++) {
        CLEANUP(value_cleanup) struct value *reading = readings[i](text, len);
        if (reading)
            found = find(context, reading);
    }
    return found;
}
