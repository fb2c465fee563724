/*
 * CSV by RFC 4180: a streaming reader over a file of any size, and the writer of a cell. CRLF line ends, a
 * byte order mark and blank lines are read over.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "base/vector.h"

/* A cell as it stands in the file, quotes included; borrowed from the reader until its next record. */
struct csv_cell {
    const char *bytes;
    size_t len;
};

struct csv_reader {
    int fd;           /* borrowed; read with pread(), so that its position and other users do not matter */
    const char *path; /* for messages; borrowed */
    char *buffer;
    size_t capacity, start, end;
    uint64_t base; /* offset in the file of buffer[0] */
    bool at_end;

    /* The current record. */
    VECTOR(struct csv_cell) cells;
    size_t earlier_count;              /* cells of the record before that are still in the buffer */
    uint64_t record_start, record_end; /* offsets in the file; the line end is inside */
    bool complete;                     /* it ended in a newline */
    bool in_quotes;                    /* the file ended inside a quoted cell */
    bool crlf;                         /* its line end is CRLF */
};

enum csv_status { CSV_END, CSV_RECORD, CSV_FAILED };

/* `from`: where in the file to begin. store_csv_close() the reader. */
void store_csv_open(struct csv_reader *reader, int fd, const char *path, uint64_t from);
void store_csv_close(struct csv_reader *reader);
/* Moves to the next record; a last one without a newline is given too, with complete = false. */
enum csv_status store_csv_next(struct csv_reader *reader, struct error *err);

/* The number of the file's line that the record begins in, from 1; reads the file up to there. */
uint64_t store_csv_line(const struct csv_reader *reader);

/* Whether the record is what a crash in the middle of an append, or an append under way, leaves. With all its
 * columns it rather lacks no more than the newline, as editors leave it. */
bool store_csv_is_torn(const struct csv_reader *reader, size_t column_count);

/* Adds what the cell says: without the quotes around it, and quotes inside it once. */
void store_csv_decode(struct text *out, struct csv_cell cell);
/* The same without a copy where the cell has no quotes; borrowed from the cell or from `scratch`. */
struct csv_cell store_csv_view(struct csv_cell cell, struct text *scratch);
/* Adds a cell that reads back as `bytes`, quoted where it has to be. */
void store_csv_add_cell(struct text *out, const char *bytes, size_t len);
