/* Reading metrics.jsonl, which any program may write. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/c_locale.h"
#include "base/memory.h"
#include "base/vector.h"
#include "report/history.h"
#include "report/lines.h"

enum { longest_report = 1 << 20 };

/* The numbers that JSON does not have, as Python's json and C's printf() write them. */
static const struct token {
    const char *text;
    double value;
} tokens[] = {
    {"NaN", NAN},  {"Infinity", INFINITY}, {"-Infinity", -INFINITY}, {"nan", NAN},
    {"-nan", NAN}, {"inf", INFINITY},      {"-inf", -INFINITY},
};

enum { token_count = sizeof tokens / sizeof *tokens };

static const struct token *find_token(const char *text)
{
    for (size_t i = 0; i < token_count; i++)
        if (strncmp(text, tokens[i].text, strlen(tokens[i].text)) == 0)
            return &tokens[i];
    return NULL;
}

/* How much of `text` can be left as it is: a string, or what can be neither a string nor a token. */
static size_t plain_length(const char *text)
{
    if (*text != '"')
        return strcspn(text + 1, "\"-NIni") + 1;
    const char *end = text + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    return (size_t)(end - text) + (*end == '"');
}

/* Adds the line with quotes around those tokens that are outside of strings, which makes it JSON. */
static void quote_tokens(struct text *out, const char *line)
{
    for (const char *rest = line; *rest;) {
        const struct token *token = find_token(rest);
        size_t len = token ? strlen(token->text) : plain_length(rest);
        text_add(out, token ? "\"" : "");
        text_add_bytes(out, rest, len);
        text_add(out, token ? "\"" : "");
        rest += len;
    }
}

static json_t *load(const char *text, size_t len)
{
    /* Jansson reads the decimal point of the locale, and only one of a single byte. */
    CLEANUP(c_locale_leave) locale_t before = c_locale_enter();
    errno = 0;
    json_t *loaded = json_loadb(text, len, JSON_DECODE_INT_AS_REAL, NULL);
    if (!loaded && errno == ENOMEM)
        memory_end();
    return loaded;
}

/* The object on a line; NULL when there is none. */
static json_t *parse(const struct line *line)
{
    bool has_token = strstr(line->text, "NaN") || strstr(line->text, "Infinity");
    json_t *report = has_token ? NULL : load(line->text, line->len);
    if (!report && strlen(line->text) == line->len) {
        CLEANUP(text_free) struct text quoted = {0};
        quote_tokens(&quoted, line->text);
        report = load(text_get(&quoted), quoted.len);
    }
    if (json_is_object(report))
        return report;
    json_decref(report);
    return NULL;
}

/* Whether a value is a number, also one of the tokens in quotes. */
static bool read_number(const json_t *value, double *number)
{
    const struct token *token = json_is_string(value) ? find_token(json_string_value(value)) : NULL;
    if (token && json_string_length(value) == strlen(token->text))
        *number = token->value;
    else if (json_is_real(value))
        *number = json_real_value(value);
    else
        return false;
    return true;
}

/* The step of a report, by default its line's number; false when it is no whole number. */
static bool read_step(const json_t *report, size_t number, int64_t *step)
{
    const json_t *value = json_object_get(report, "step");
    double real = json_real_value(value);
    if (value && (!json_is_real(value) || fabs(real) > 9e15 || real != floor(real)))
        return false;
    *step = value ? (int64_t)real : (int64_t)number;
    return true;
}

static bool add_report(struct history *history, json_t *report, size_t number)
{
    VECTOR(struct report_metric) metrics = {0};
    const char *key;
    json_t *value;
    int64_t step;
    if (!read_step(report, number, &step))
        return false;
    json_object_foreach(report, key, value)
    {
        struct report_metric metric = {.name = key};
        if (strcmp(key, "step") != 0 && strcmp(key, "time") != 0 && read_number(value, &metric.value))
            vector_push(&metrics, metric);
    }
    bool added = history_try_add(history, step, metrics.items, metrics.count);
    vector_free(&metrics);
    return added;
}

/* Adds the report of a line. A last line that was not ended and cannot be read is still being written, or was
 * cut off by a crash, and no fault. */
static bool add_line(struct history *history, const struct line *line, size_t number)
{
    json_t *report = line->cut ? NULL : parse(line);
    bool added = report ? add_report(history, report, number) : !line->ended && !line->cut;
    json_decref(report);
    return added;
}

bool history_read(struct history *history, const char *path, size_t *skipped, struct error *err)
{
    CLEANUP(line_reader_close) struct line_reader reader;
    struct line line;
    size_t number = 0, faults = 0;
    if (!line_reader_open(&reader, path, longest_report, err))
        return false;
    while (line_reader_next(&reader, &line))
        if (line.text[strspn(line.text, " \t")] || strlen(line.text) < line.len)
            faults += !add_line(history, &line, ++number);
    if (reader.number)
        return error_system(err, reader.number, "cannot read %s", path);
    if (skipped)
        *skipped = faults;
    return true;
}
