#include "config/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

/* A line longer than this is shown from some bytes before its caret on. */
enum { shown_bytes = 100, shown_before = 70 };

struct fault {
    enum fault_level level;
    struct value_place place;
    char *line;     /* "config.json:4:5: what is wrong" */
    size_t message; /* where in it the message begins */
};

struct faults {
    char *name;
    char *source; /* NULL: unknown */
    size_t source_len;
    VECTOR(size_t) starts;       /* of the source's lines */
    VECTOR(struct fault) faults; /* sorted by place */
};

struct faults *faults_create(const char *name)
{
    struct faults *faults = memory_new(1, sizeof *faults);
    faults->name = memory_copy_text(name);
    return faults;
}

void faults_destroy(struct faults *faults)
{
    if (!faults)
        return;
    for (size_t i = 0; i < faults->faults.count; i++)
        free(faults->faults.items[i].line);
    vector_free(&faults->faults);
    vector_free(&faults->starts);
    free(faults->source);
    free(faults->name);
    free(faults);
}

static size_t byte_order_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

void faults_set_source(struct faults *faults, const char *text, size_t len)
{
    size_t mark = byte_order_mark(text, len);
    free(faults->source);
    faults->source = memory_copy_bytes(text + mark, len - mark);
    faults->source_len = len - mark;
    faults->starts.count = 0;
    const char *end = faults->source + faults->source_len;
    for (const char *line = faults->source; line; line = memchr(line, '\n', (size_t)(end - line))) {
        line += faults->starts.count > 0;
        vector_push(&faults->starts, (size_t)(line - faults->source));
    }
}

static bool is_after(struct value_place a, struct value_place b)
{
    return a.line != b.line ? a.line > b.line : a.column > b.column;
}

/* Stable, and quick since most faults come in the order of the file. */
static void insert_sorted(struct faults *faults, struct fault fault)
{
    vector_push(&faults->faults, fault);
    size_t i = faults->faults.count - 1;
    for (; i > 0 && is_after(faults->faults.items[i - 1].place, fault.place); i--)
        faults->faults.items[i] = faults->faults.items[i - 1];
    faults->faults.items[i] = fault;
}

/* A key or value quoted in a message must not break the line nor reach the terminal as a command. */
static void blank_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = text[i] == '\t' ? '\t' : ' ';
}

void fault_add(struct faults *faults, enum fault_level level, struct value_place place, const char *format,
               ...)
{
    struct text line = {0};
    text_add(&line, faults->name);
    if (place.line > 0)
        text_addf(&line, ":%u:%u", place.line, place.column);
    text_add(&line, ": ");
    size_t message = line.len;
    va_list args;
    va_start(args, format);
    text_addv(&line, format, args);
    va_end(args);
    blank_controls(line.data, line.len);
    insert_sorted(faults, (struct fault){level, place, text_take(&line), message});
}

size_t faults_count(const struct faults *faults, enum fault_level level)
{
    size_t count = 0;
    for (size_t i = 0; i < faults->faults.count; i++)
        count += faults->faults.items[i].level == level;
    return count;
}

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* The byte at which the column-th character of the line begins; its length when it has fewer. */
static size_t find_column(const char *line, size_t len, uint32_t column)
{
    size_t i = 0;
    for (uint32_t at = 1; at < column && i < len; at++)
        do
            i++;
        while (i < len && continues_character(line[i]));
    return i;
}

static void add_caret(struct text *out, const char *line, size_t from, size_t caret)
{
    text_add(out, "      | ");
    for (size_t i = from; i < caret; i++)
        if (!continues_character(line[i]))
            text_add_char(out, line[i] == '\t' ? '\t' : ' ');
    text_add(out, "^\n");
}

/* The line that a fault is about, and a caret below it. */
static void add_excerpt(const struct faults *faults, struct value_place place, struct text *out)
{
    if (place.line == 0 || place.line > faults->starts.count)
        return;
    const char *line = faults->source + faults->starts.items[place.line - 1];
    size_t len = strcspn(line, "\r\n");
    size_t caret = find_column(line, len, place.column);
    size_t from = len > shown_bytes && caret > shown_before ? caret - shown_before : 0;
    size_t to = len - from > shown_bytes ? from + shown_bytes : len;
    while (from < caret && continues_character(line[from]))
        from++;
    while (to < len && continues_character(line[to]))
        to++;

    text_addf(out, "%5u | ", place.line);
    size_t shown = out->len;
    text_add_bytes(out, line + from, to - from);
    blank_controls(out->data + shown, to - from);
    text_add_char(out, '\n');
    add_caret(out, line, from, caret);
}

void faults_add_text(const struct faults *faults, struct text *out)
{
    for (size_t i = 0; i < faults->faults.count; i++) {
        const struct fault *fault = &faults->faults.items[i];
        text_add_bytes(out, fault->line, fault->message);
        text_addf(out, "%s: %s\n", fault->level == FAULT_ERROR ? "error" : "warning",
                  fault->line + fault->message);
        add_excerpt(faults, fault->place, out);
    }
}

const char *faults_line(const struct faults *faults, size_t i, enum fault_level *level)
{
    if (i >= faults->faults.count)
        return NULL;
    *level = faults->faults.items[i].level;
    return faults->faults.items[i].line;
}
