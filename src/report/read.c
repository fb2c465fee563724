/* Reading metrics.jsonl, which any program may write. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/attempt_mark.h"
#include "base/c_locale.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/vector.h"
#include "report/faults.h"
#include "report/history.h"
#include "report/lines.h"
#include "report/number.h"

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

/* Returns how much of `text` can be left as it is: a string, or what can be neither a string, a token nor a
 * number. */
static size_t plain_length(const char *text)
{
    if (*text != '"')
        return strcspn(text + 1, "\"-NIni0123456789") + 1;
    const char *end = text + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    return (size_t)(end - text) + (*end == '"');
}

/* Adds a number as Jansson can hold it: neither an integer of more than 64 bits, nor a fraction beyond what a
 * double holds, which becomes an infinity. */
static void add_number(struct text *out, const char *text, size_t len)
{
    CLEANUP(memory_free) char *copy = text_format("%.*s", (int)len, text);
    bool is_integer = strspn(copy, "-0123456789") == len;
    double value = number_read(copy, NULL);
    errno = 0;
    (void)strtoll(copy, NULL, 10);
    if (isinf(value))
        text_add(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else if (is_integer && errno == ERANGE)
        text_addf(out, "%.17e", value);
    else
        text_add(out, copy);
}

/* Adds the line with quotes around those tokens that are outside of strings, which makes it JSON. */
static void make_json(struct text *out, const char *line)
{
    for (const char *rest = line; *rest;) {
        const struct token *token = find_token(rest);
        bool is_number = ascii_is_digit(*rest) || (*rest == '-' && ascii_is_digit(rest[1]));
        size_t len = token       ? strlen(token->text)
                     : is_number ? strspn(rest, "+-.eE0123456789")
                                 : plain_length(rest);
        if (token)
            text_addf(out, "\"%s\"", token->text);
        else if (is_number)
            add_number(out, rest, len);
        else
            text_add_bytes(out, rest, len);
        rest += len;
    }
}

static json_t *load(const char *text, size_t len)
{
    /* Jansson reads the decimal point of the locale, and only one of a single byte. */
    CLEANUP(c_locale_leave) locale_t before = c_locale_enter();
    errno = 0;
    json_t *loaded = json_loadb(text, len, 0, NULL);
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
        CLEANUP(text_free) struct text json = {0};
        make_json(&json, line->text);
        report = load(text_get(&json), json.len);
    }
    if (json_is_object(report))
        return report;
    json_decref(report);
    return NULL;
}

/* Returns whether a value is a number, also one of the tokens in quotes, or a truth value. */
static bool read_number(const json_t *value, double *number)
{
    const struct token *token = json_is_string(value) ? find_token(json_string_value(value)) : NULL;
    if (token && json_string_length(value) == strlen(token->text))
        *number = token->value;
    else if (json_is_number(value))
        *number = json_number_value(value);
    else if (json_is_boolean(value))
        *number = json_is_true(value) ? 1 : 0;
    else
        return false;
    return true;
}

/* A file as it is read. */
struct reading {
    struct history all;     /* what counts of the attempts before */
    struct history attempt; /* what this one has reported */
    size_t reports;         /* its lines, without empty ones */
    int number;             /* of this attempt, by the mark before it; else 1 */
    int most;               /* attempts; 0: it is not known how many */
    struct report_faults *faults;

    /* The line before, when it could not be read: no fault if a mark shows that its attempt was killed. */
    size_t unread;   /* its number; 0: none */
    const char *why; /* it could not be read */
    char text[128];  /* its beginning */
};

static void close_reading(struct reading *reading)
{
    history_clear(&reading->all);
    history_clear(&reading->attempt);
}

/* Reads the step of a report, by default its line's number; false when it is no whole number from 0 on. */
static bool read_step(const json_t *report, size_t number, int64_t *step)
{
    const json_t *value = json_object_get(report, "step");
    double real = json_real_value(value);
    if (json_is_real(value) && real == floor(real) && fabs(real) < 0x1p63)
        *step = (int64_t)real;
    else if (!value || json_is_integer(value))
        *step = value ? json_integer_value(value) : (int64_t)number;
    else
        return false;
    return *step >= 0;
}

/* Returns whether a line is a mark of the runner, which numbers it on. It repeats one whose attempt was not
 * launched after all. */
static bool is_mark(const struct reading *reading, const struct line *line)
{
    int number = attempt_mark_find_report(line->text, line->len);
    bool is_next =
        number > reading->number || (number > 1 && number == reading->number && reading->reports == 0);
    return is_next && (reading->most == 0 || number <= reading->most);
}

/* Returns the text of a line {"fault": TEXT}, in which a program tells what it could not report; else NULL.
 */
static const char *find_told(const json_t *report)
{
    return json_object_size(report) == 1 ? json_string_value(json_object_get(report, "fault")) : NULL;
}

/* Adds what the attempt has reported to what counts. */
static void end_attempt(struct reading *reading)
{
    int64_t first = history_first_step(&reading->attempt);
    report_faults_note_dropped(reading->faults, history_go_on(&reading->all, &reading->attempt), first);
}

static void begin_attempt(struct reading *reading, const struct line *mark)
{
    end_attempt(reading);
    reading->number = attempt_mark_find_report(mark->text, mark->len);
    report_faults_forget_told(reading->faults);
    reading->reports = 0;
    reading->unread = 0;
}

/* Returns whether somebody may take the value for a number: text that begins with one, a list, an object. */
static bool looks_like_number(const json_t *value)
{
    return json_is_array(value) || json_is_object(value) ||
           (json_is_string(value) && number_at(json_string_value(value)).len > 0);
}

static void note_others(struct reading *reading, json_t *report, size_t line)
{
    const char *key;
    json_t *value;
    double number;
    json_object_foreach(report, key, value)
    {
        if (strcmp(key, "step") != 0 && strcmp(key, "time") != 0 && !read_number(value, &number) &&
            looks_like_number(value))
            report_faults_note_no_number(reading->faults, line, key);
    }
}

/* Returns why the report cannot be used; NULL: it can. */
static const char *add_report(struct reading *reading, json_t *report, size_t line)
{
    VECTOR(struct report_metric) metrics = {0};
    const char *key;
    json_t *value;
    int64_t step;
    size_t others = 0;
    if (!read_step(report, reading->reports, &step))
        return "its step is no whole number from 0 on";
    json_object_foreach(report, key, value)
    {
        struct report_metric metric = {.name = key};
        if (strcmp(key, "step") == 0 || strcmp(key, "time") == 0)
            continue;
        bool is_number = read_number(value, &metric.value);
        bool is_nameless = is_number && config_metric_find_report_fault(key);
        if (is_nameless)
            report_faults_note_nameless(reading->faults, key);
        else if (is_number)
            vector_push(&metrics, metric);
        others += !is_number && !json_is_null(value);
    }
    bool added = history_add(&reading->attempt, step, metrics.items, metrics.count);
    bool has_none = metrics.count == 0 && others > 0;
    vector_free(&metrics);
    if (!has_none)
        note_others(reading, report, line);
    return has_none ? "it has no number" : added ? NULL : "there are too many metrics";
}

/* Notes the fault of the line before: it was not cut off where its attempt was killed. */
static void note_unread(struct reading *reading)
{
    if (reading->unread > 0)
        report_faults_note_line(reading->faults, reading->unread, reading->why, reading->text);
    reading->unread = 0;
}

static void read_line(struct reading *reading, const struct line *line)
{
    if (is_mark(reading, line)) {
        begin_attempt(reading, line);
        return;
    }
    json_t *report = line->cut ? NULL : parse(line);
    note_unread(reading);
    const char *told = find_told(report);
    if (told) {
        report_faults_note_told(reading->faults, told);
        json_decref(report);
        return;
    }
    reading->reports++;
    reading->why = line->cut ? "it is longer than 1 MiB"
                   : report  ? add_report(reading, report, line->number)
                             : "it is no JSON object";
    json_decref(report);
    /* A last line without an end is still being written, or was cut off by a crash. */
    bool is_torn = !report && !line->cut && !line->ended;
    if (!reading->why || is_torn)
        return;
    reading->unread = line->number;
    snprintf(reading->text, sizeof reading->text, "%s", line->text);
}

/* Reads all of it into reading->all. */
static bool read_all(struct reading *reading, const char *path, struct error *err)
{
    CLEANUP(line_reader_close) struct line_reader reader;
    struct line line;
    if (!line_reader_open(&reader, path, longest_report, err))
        return false;
    while (line_reader_next(&reader, &line))
        if (line.text[strspn(line.text, " \t")] || strlen(line.text) < line.len)
            read_line(reading, &line);
    note_unread(reading);
    if (reading->attempt.series.count == 0) { /* the last attempt has said nothing */
        report_faults_note_dropped(reading->faults, reading->all.point_count, -1);
        history_clear(&reading->all);
    }
    end_attempt(reading);
    return reader.number == 0 || error_system(err, reader.number, "cannot read %s", path);
}

bool history_read(struct history *history, const char *path, int attempts, struct report_faults *faults,
                  struct error *err)
{
    CLEANUP(close_reading) struct reading reading = {.faults = faults, .number = 1, .most = attempts};
    bool done = read_all(&reading, path, err);
    history_take(history, &reading.all);
    return done;
}

bool report_last_step(const char *path, int attempts, int64_t *step, struct error *err)
{
    CLEANUP(close_reading) struct reading reading = {.number = 1, .most = attempts};
    bool done = read_all(&reading, path, err);
    int64_t last = history_last_step(&reading.all);
    *step = last > 0 ? last : 0;
    return done;
}
