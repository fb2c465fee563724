#include "config/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/vector.h"

/* A line longer than this is shown from some bytes before its caret on. */
enum { shown_bytes = 100, shown_before = 70 };

struct fault {
    enum fault_level level;
    struct value_place place;
    char *message;
    char *line; /* "config.json:4:5: what is wrong"; NULL until it is asked for */
};

struct source {
    char *name;
    char *text; /* NULL: unknown */
    size_t len;
    VECTOR(size_t) starts; /* of its lines */
};

struct faults {
    VECTOR(struct source) sources; /* the file first */
    VECTOR(struct fault) faults;   /* sorted by place */
};

static uint32_t add_source(struct faults *faults, const char *name)
{
    struct text shown = {0};
    display_add_visible(&shown, name);
    vector_push(&faults->sources, (struct source){.name = text_take(&shown)});
    return (uint32_t)faults->sources.count - 1;
}

struct faults *faults_create(const char *name)
{
    struct faults *faults = memory_new(1, sizeof *faults);
    add_source(faults, name);
    return faults;
}

static void free_source(struct source *source)
{
    vector_free(&source->starts);
    free(source->text);
    free(source->name);
}

void faults_destroy(struct faults *faults)
{
    if (!faults)
        return;
    for (size_t i = 0; i < faults->faults.count; i++) {
        free(faults->faults.items[i].message);
        free(faults->faults.items[i].line);
    }
    for (size_t i = 0; i < faults->sources.count; i++)
        free_source(&faults->sources.items[i]);
    vector_free(&faults->faults);
    vector_free(&faults->sources);
    free(faults);
}

static size_t byte_order_mark(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void set_text(struct source *source, const char *text, size_t len)
{
    size_t mark = byte_order_mark(text, len);
    free(source->text);
    source->text = memory_copy_bytes(text + mark, len - mark);
    source->len = len - mark;
    source->starts.count = 0;
    const char *end = source->text + source->len;
    for (const char *line = source->text; line; line = memchr(line, '\n', (size_t)(end - line))) {
        line += source->starts.count > 0;
        vector_push(&source->starts, (size_t)(line - source->text));
    }
}

void faults_set_source(struct faults *faults, const char *text, size_t len)
{
    set_text(&faults->sources.items[0], text, len);
}

uint32_t faults_add_source(struct faults *faults, const char *name, const char *text, size_t len)
{
    uint32_t number = add_source(faults, name);
    set_text(&faults->sources.items[number], text, len);
    return number;
}

static bool is_after(struct value_place a, struct value_place b)
{
    if (a.source != b.source)
        return a.source > b.source;
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

void fault_add(struct faults *faults, enum fault_level level, struct value_place place, const char *format,
               ...)
{
    struct text message = {0};
    va_list args;
    va_start(args, format);
    display_addv(&message, format, args);
    va_end(args);
    insert_sorted(faults, (struct fault){level, place, text_take(&message), NULL});
}

void faults_move(struct faults *faults, struct faults *from)
{
    for (size_t i = 0; i < from->faults.count; i++)
        insert_sorted(faults, from->faults.items[i]);
    from->faults.count = 0;
}

bool faults_are_at(const struct faults *faults, struct value_place place)
{
    size_t from = 0, to = faults->faults.count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (is_after(place, faults->faults.items[middle].place))
            from = middle + 1;
        else
            to = middle;
    }
    return from < faults->faults.count && !is_after(faults->faults.items[from].place, place);
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

/* Adds the line with its hidden characters made visible, but for tabs. */
static void add_visible_part(struct text *out, const char *part, size_t len)
{
    CLEANUP(memory_free) char *copy = memory_copy_bytes(part, len);
    for (size_t i = 0; i < len; i++)
        copy[i] = copy[i] ? copy[i] : ' ';
    display_add_visible_lines(out, copy);
}

/* Adds blanks up to the caret, as wide as what is shown of the line before it. */
static void add_caret(struct text *out, const char *line, size_t from, size_t caret)
{
    CLEANUP(text_free) struct text before = {0};
    add_visible_part(&before, line + from, caret - from);
    text_add(out, "      | ");
    for (const char *at = text_get(&before); *at;) {
        size_t len = strcspn(at, "\t");
        text_addf(out, "%*s", (int)display_width(at, len), "");
        if (at[len])
            text_add_char(out, at[len++]);
        at += len;
    }
    text_add(out, "^\n");
}

/* The line that a fault is about, and a caret below it. */
static void add_excerpt(const struct faults *faults, struct value_place place, struct text *out)
{
    const struct source *source = &faults->sources.items[place.source];
    if (place.line == 0 || place.line > source->starts.count)
        return;
    const char *line = source->text + source->starts.items[place.line - 1];
    size_t len = strcspn(line, "\r\n");
    size_t caret = find_column(line, len, place.column);
    size_t from = len > shown_bytes && caret > shown_before ? caret - shown_before : 0;
    size_t to = len - from > shown_bytes ? from + shown_bytes : len;
    while (from < caret && continues_character(line[from]))
        from++;
    while (to < len && continues_character(line[to]))
        to++;

    if (place.source == 0)
        text_addf(out, "%5u | ", place.line);
    else
        text_add(out, "      | ");
    add_visible_part(out, line + from, to - from);
    text_add_char(out, '\n');
    add_caret(out, line, from, caret);
}

/* "config.json:4:5: " or "--set epochs: ". */
static void add_place(const struct faults *faults, struct value_place place, struct text *out)
{
    text_add(out, faults->sources.items[place.source].name);
    if (place.line > 0 && place.source == 0)
        text_addf(out, ":%u:%u", place.line, place.column);
    text_add(out, ": ");
}

/* Adds "config.json: and 99900 more warnings". */
static void add_hidden(const struct faults *faults, size_t shown, const char *what, size_t count,
                       struct text *out)
{
    if (count > shown)
        text_addf(out, "%s: and %zu more %s%s\n", faults->sources.items[0].name, count - shown, what,
                  count - shown == 1 ? "" : "s");
}

void faults_add_text(const struct faults *faults, struct text *out)
{
    size_t shown[] = {[FAULT_WARNING] = 0, [FAULT_ERROR] = 0};
    for (size_t i = 0; i < faults->faults.count; i++) {
        const struct fault *fault = &faults->faults.items[i];
        if (shown[fault->level] == FAULTS_MOST_SHOWN)
            continue;
        shown[fault->level]++;
        add_place(faults, fault->place, out);
        text_addf(out, "%s: %s\n", fault->level == FAULT_ERROR ? "error" : "warning", fault->message);
        add_excerpt(faults, fault->place, out);
    }
    add_hidden(faults, shown[FAULT_ERROR], "error", faults_count(faults, FAULT_ERROR), out);
    add_hidden(faults, shown[FAULT_WARNING], "warning", faults_count(faults, FAULT_WARNING), out);
}

const char *faults_line(const struct faults *faults, size_t i, enum fault_level *level)
{
    if (i >= faults->faults.count)
        return NULL;
    struct fault *fault = &faults->faults.items[i];
    *level = fault->level;
    if (!fault->line) {
        struct text line = {0};
        add_place(faults, fault->place, &line);
        text_add(&line, fault->message);
        fault->line = text_take(&line);
    }
    return fault->line;
}
