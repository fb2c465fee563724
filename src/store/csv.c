#include "store/csv.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The scan reads whole words, also past the last byte. */
enum { word_size = sizeof(uint64_t), first_capacity = 1 << 18 };
static const size_t longest_record = (size_t)1 << 28;

void store_csv_open(struct csv_reader *reader, int fd, const char *path, uint64_t from)
{
    *reader = (struct csv_reader){.fd = fd, .path = path, .base = from, .capacity = first_capacity};
    reader->buffer = memory_new(reader->capacity + word_size, 1);
}

void store_csv_close(struct csv_reader *reader)
{
    free(reader->buffer);
    vector_free(&reader->cells);
}

/* The lowest byte with its high bit set is the first byte of `word` (little-endian) equal to c; bytes above
 * it may be marked falsely (Warren, Hacker's Delight, 6-1). */
static uint64_t mark(uint64_t word, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t differs = word ^ (ones * (unsigned char)c);
    return (differs - ones) & ~differs & (ones << 7);
}

static uint64_t load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* The first byte from p on that is a or b; `end` when there is none. */
static const char *find_either(const char *p, const char *end, char a, char b)
{
    for (; p < end; p += word_size) {
        uint64_t word = load(p), marks = mark(word, a) | mark(word, b);
        if (!marks)
            continue;
        const char *found = p + __builtin_ctzll(marks) / 8;
        return found < end ? found : end;
    }
    return end;
}

/* The byte after the quote that closes a cell, p being after the one that opens it; NULL when it is not
 * there. */
static const char *skip_quoted(const char *p, const char *end)
{
    for (;;) {
        const char *quote = find_either(p, end, '"', '"');
        if (quote == end)
            return NULL;
        if (quote + 1 == end || quote[1] != '"')
            return quote + 1;
        p = quote + 2;
    }
}

/* The byte after the quoted cell at p. Columns such as meta say the same in row after row: one comparison
 * then. */
static const char *skip_cell(const struct csv_reader *reader, const char *p, const char *end)
{
    size_t column = reader->cells.count;
    if (column < reader->earlier_count) {
        struct csv_cell earlier = reader->cells.items[column];
        bool fits = earlier.len < (size_t)(end - p) && earlier.bytes[0] == '"';
        if (fits && p[earlier.len] == ',' && memcmp(p, earlier.bytes, earlier.len) == 0)
            return p + earlier.len;
    }
    return skip_quoted(p + 1, end);
}

static void push_cell(struct csv_reader *reader, const char *from, const char *to)
{
    vector_push(&reader->cells, ((struct csv_cell){from, (size_t)(to - from)}));
}

/* Splits the record at the start of the buffer. Returns the byte after its newline, or NULL when the buffer
 * ends before that. */
static const char *split(struct csv_reader *reader)
{
    const char *p = reader->buffer + reader->start, *end = reader->buffer + reader->end;
    reader->earlier_count = reader->cells.count;
    reader->cells.count = 0;
    reader->in_quotes = false;
    for (;; p++) {
        const char *from = p;
        if (p < end && *p == '"')
            p = skip_cell(reader, p, end);
        reader->in_quotes = !p;
        p = p ? find_either(p, end, ',', '\n') : end;
        bool crlf = p > from && p[-1] == '\r' && (p == end || *p == '\n');
        push_cell(reader, from, p - crlf);
        if (p == end)
            return NULL;
        if (*p == '\n') {
            reader->crlf = crlf;
            return p + 1;
        }
    }
}

/* Moves what is left to the front and reads more behind it. */
static bool fill(struct csv_reader *reader, struct error *err)
{
    size_t rest = reader->end - reader->start;
    reader->cells.count = 0; /* they point to what moves away */
    memmove(reader->buffer, reader->buffer + reader->start, rest);
    reader->base += reader->start;
    reader->start = 0;
    reader->end = rest;
    if (rest == reader->capacity) {
        if (rest >= longest_record)
            return error_set(err, ERROR_SYSTEM,
                             "%s: a record of over %zu MiB; look for a quote without its pair", reader->path,
                             longest_record >> 20);
        reader->capacity *= 2;
        reader->buffer = memory_resize(reader->buffer, reader->capacity + word_size, 1);
    }
    ssize_t got;
    do
        got = pread(reader->fd, reader->buffer + rest, reader->capacity - rest, (off_t)(reader->base + rest));
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return error_system(err, errno, "cannot read %s", reader->path);
    reader->end += (size_t)got;
    reader->at_end = got == 0;
    memset(reader->buffer + reader->end, 0, word_size);
    return true;
}

static void skip_byte_order_mark(struct csv_reader *reader)
{
    bool first = reader->base + reader->start == 0 && reader->end >= 3;
    if (first && memcmp(reader->buffer, "\xef\xbb\xbf", 3) == 0)
        reader->start = 3;
}

static bool is_blank(const struct csv_reader *reader)
{
    return reader->cells.count == 1 && reader->cells.items[0].len == 0;
}

enum csv_status store_csv_next(struct csv_reader *reader, struct error *err)
{
    for (;;) {
        skip_byte_order_mark(reader);
        const char *stop = split(reader);
        if (!stop && !reader->at_end) {
            if (!fill(reader, err))
                return CSV_FAILED;
            continue;
        }
        if (!stop && reader->start == reader->end)
            return CSV_END;
        size_t next = stop ? (size_t)(stop - reader->buffer) : reader->end;
        reader->complete = stop;
        reader->record_start = reader->base + reader->start;
        reader->record_end = reader->base + next;
        reader->start = next;
        if (!is_blank(reader))
            return CSV_RECORD;
    }
}

uint64_t store_csv_line(const struct csv_reader *reader)
{
    char block[1 << 14];
    uint64_t line = 1, at = 0;
    while (at < reader->record_start) {
        uint64_t left = reader->record_start - at;
        ssize_t got = pread(reader->fd, block, left < sizeof block ? (size_t)left : sizeof block, (off_t)at);
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got; i++)
            line += block[i] == '\n';
        at += (uint64_t)got;
    }
    return line;
}

bool store_csv_is_torn(const struct csv_reader *reader, size_t column_count)
{
    return !reader->complete && (reader->in_quotes || reader->cells.count < column_count);
}

void store_csv_decode(struct text *out, struct csv_cell cell)
{
    if (cell.len == 0 || cell.bytes[0] != '"') {
        text_add_bytes(out, cell.bytes, cell.len);
        return;
    }
    const char *end = cell.bytes + cell.len;
    for (const char *p = cell.bytes + 1; p < end;) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (!quote || quote + 1 == end || quote[1] != '"') {
            text_add_bytes(out, p, (size_t)((quote ? quote : end) - p));
            if (quote) /* what follows the closing quote is no part of RFC 4180; keep it */
                text_add_bytes(out, quote + 1, (size_t)(end - quote - 1));
            return;
        }
        text_add_bytes(out, p, (size_t)(quote + 1 - p));
        p = quote + 2;
    }
}

struct csv_cell store_csv_view(struct csv_cell cell, struct text *scratch)
{
    if (cell.len == 0 || cell.bytes[0] != '"')
        return cell;
    text_clear(scratch);
    store_csv_decode(scratch, cell);
    return (struct csv_cell){text_get(scratch), scratch->len};
}

void store_csv_add_cell(struct text *out, const char *bytes, size_t len)
{
    /* At the start of the file a byte order mark without quotes would be read over. */
    bool plain = len < 3 || memcmp(bytes, "\xef\xbb\xbf", 3) != 0;
    for (size_t i = 0; i < len && plain; i++)
        plain = bytes[i] != ',' && bytes[i] != '"' && bytes[i] != '\n' && bytes[i] != '\r';
    if (plain) {
        text_add_bytes(out, bytes, len);
        return;
    }
    text_add_char(out, '"');
    for (const char *p = bytes, *end = bytes + len; p < end;) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        const char *stop = quote ? quote + 1 : end;
        text_add_bytes(out, p, (size_t)(stop - p));
        if (quote)
            text_add_char(out, '"');
        p = stop;
    }
    text_add_char(out, '"');
}
