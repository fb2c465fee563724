#include "report/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"

bool line_reader_open(struct line_reader *reader, const char *path, size_t limit, struct error *err)
{
    *reader = (struct line_reader){.fd = -1, .limit = limit, .line = 1};
    reader->fd = folder_open_path(path, O_RDONLY);
    if (reader->fd < 0 && errno != ENOENT)
        return folder_error(err, errno, "cannot read %s", path);
    reader->at_end = reader->fd < 0;
    reader->buffer = memory_new(limit + 1, 1);
    return true;
}

void line_reader_close(struct line_reader *reader)
{
    file_close_fd(&reader->fd);
    free(reader->buffer);
    reader->buffer = NULL;
}

/* Moves what is left to the front of the buffer and reads more behind it. */
static void fill(struct line_reader *reader)
{
    memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
    reader->end -= reader->start;
    reader->start = 0;
    ssize_t got;
    do
        got = read(reader->fd, reader->buffer + reader->end, reader->limit - reader->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        reader->number = errno;
    if (got <= 0)
        reader->at_end = true;
    else
        reader->end += (size_t)got;
}

static size_t find_end(const char *text, size_t from, size_t len)
{
    while (from < len && text[from] != '\n' && text[from] != '\r')
        from++;
    return from;
}

/* Drops the rest of a line whose beginning was handed out. */
static void skip_rest(struct line_reader *reader)
{
    bool found = false;
    while (!found) {
        size_t end = find_end(reader->buffer, reader->start, reader->end);
        found = end < reader->end;
        reader->line += found && reader->buffer[end] == '\n';
        reader->start = end + found;
        if (!found && reader->at_end)
            return;
        if (!found)
            fill(reader);
    }
}

bool line_reader_next(struct line_reader *reader, struct line *line)
{
    size_t len = 0, there;
    if (reader->cut)
        skip_rest(reader);
    for (;;) {
        there = reader->end - reader->start;
        len = find_end(reader->buffer + reader->start, len, there);
        if (len < there || there == reader->limit || reader->at_end)
            break;
        fill(reader);
    }
    bool ended = len < there;
    reader->cut = !ended && len == reader->limit;
    *line = (struct line){reader->buffer + reader->start, len, ended, reader->cut, reader->line};
    reader->line += ended && line->text[len] == '\n';
    reader->start += len + ended;
    line->text[len] = '\0';
    return there > 0;
}
