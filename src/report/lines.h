/* Reading a file line by line in bounded memory. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct line_reader {
    int fd; /* -1: there is no file, and so no line */
    char *buffer;
    size_t limit, start, end;
    bool at_end; /* of the file */
    bool cut;    /* the line handed out goes on past the limit */
    size_t line; /* how many newlines were before what comes next, and one */
    int number;  /* errno of a read that failed, or 0 */
};

/* One line, NUL-terminated in place, for the caller to change; valid until the next. */
struct line {
    char *text;
    size_t len;
    bool ended;    /* by a newline or carriage return; else by the end of the file */
    bool cut;      /* it was longer than the limit: this is its beginning */
    size_t number; /* in the file, from 1; a carriage return does not count */
};

/* Lines of up to `limit` bytes, ended by "\n" or by "\r", with which a progress bar begins its line anew. A
 * file that is not there has no lines. line_reader_close() it in any case. */
bool line_reader_open(struct line_reader *reader, const char *path, size_t limit, struct error *err);
void line_reader_close(struct line_reader *reader);
/* False at the end of the file, and when it cannot be read: then reader->number is set. */
bool line_reader_next(struct line_reader *reader, struct line *line);
