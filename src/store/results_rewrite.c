/* run_data.csv with more columns: a copy beside it, renamed over it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "store/results_file.h"

struct copy {
    int fd;
    struct text buffer;
    const struct columns *columns; /* of the copy */
    size_t *from;                  /* per column: the old column, or SIZE_MAX */
    const char *line_end;
};

enum { flush_size = 1 << 20 };

static bool flush(struct copy *copy, size_t above)
{
    if (copy->buffer.len <= above)
        return true;
    bool written = file_write_all(copy->fd, copy->buffer.data, copy->buffer.len);
    text_clear(&copy->buffer);
    return written;
}

static bool add_header(struct copy *copy)
{
    for (size_t i = 0; i < copy->columns->count; i++) {
        if (i > 0)
            text_add_char(&copy->buffer, ',');
        store_csv_add_cell(&copy->buffer, copy->columns->items[i], strlen(copy->columns->items[i]));
    }
    text_add(&copy->buffer, copy->line_end);
    return flush(copy, flush_size);
}

/* The record as it stands, with empty cells for the new columns; what a record has too much stays at its end.
 */
static bool add_record(struct copy *copy, const struct csv_reader *reader, size_t old_count)
{
    size_t have = reader->cells.count;
    for (size_t i = 0; i < copy->columns->count; i++) {
        if (i > 0)
            text_add_char(&copy->buffer, ',');
        if (copy->from[i] < have)
            text_add_bytes(&copy->buffer, reader->cells.items[copy->from[i]].bytes,
                           reader->cells.items[copy->from[i]].len);
    }
    for (size_t i = old_count; i < have; i++) {
        text_add_char(&copy->buffer, ',');
        text_add_bytes(&copy->buffer, reader->cells.items[i].bytes, reader->cells.items[i].len);
    }
    text_add(&copy->buffer, copy->line_end);
    return flush(copy, flush_size);
}

/* The new columns are the old ones in their order, with others between. */
static void map_columns(struct copy *copy, const struct columns *old)
{
    copy->from = memory_new(copy->columns->count, sizeof *copy->from);
    for (size_t i = 0, next = 0; i < copy->columns->count; i++) {
        bool same = next < old->count && strcmp(copy->columns->items[i], old->items[next]) == 0;
        copy->from[i] = same ? next++ : SIZE_MAX;
    }
}

static bool cannot_write(const struct results_file *file, struct error *err)
{
    return error_system(err, errno, "cannot write beside %s to add a column", file->path);
}

static bool copy_records(struct copy *copy, const struct results_file *file, struct error *err)
{
    if (file->fd < 0)
        return true;
    struct csv_reader reader;
    bool written = true;
    enum csv_status status;
    store_csv_open(&reader, file->fd, file->path, 0);
    status = store_csv_next(&reader, err); /* the header */
    while (written && status == CSV_RECORD && (status = store_csv_next(&reader, err)) == CSV_RECORD)
        written = add_record(copy, &reader, file->columns.count);
    store_csv_close(&reader);
    if (!written)
        cannot_write(file, err);
    return written && status != CSV_FAILED;
}

/* From the rename on the rows are written: nothing that could fail may follow. */
static bool finish(struct copy *copy, struct results_file *file, const char *beside, struct error *err)
{
    struct stat now;
    mode_t mode = file->seen.st_mode & 0777;
    if (file->fd >= 0 && fchmod(copy->fd, mode) < 0)
        errno = 0; /* another user's file: the umask's mode has to do */
    if (!flush(copy, 0) || fsync(copy->fd) < 0 || fstat(copy->fd, &now) < 0 || rename(beside, file->path) < 0)
        return error_system(err, errno, "cannot write %s, the table of results (the results wait in memory)",
                            file->path);
    file_close_fd(&file->fd);
    file->fd = copy->fd;
    copy->fd = -1;
    file->seen = now;
    file->lacks_newline = false;
    file_sync_folder_of(file->path);
    return true;
}

static bool write_copy(struct copy *copy, const struct results_file *file, const struct row *const *rows,
                       size_t count, struct error *err)
{
    map_columns(copy, &file->columns);
    if (!add_header(copy))
        return cannot_write(file, err);
    if (!copy_records(copy, file, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        store_row_add_csv(rows[i], copy->columns, &copy->buffer);
        text_add(&copy->buffer, copy->line_end);
    }
    return true;
}

bool store_results_rewrite(struct results_file *file, const struct columns *columns,
                           const struct row *const *rows, size_t count, struct error *err)
{
    CLEANUP(memory_free) char *beside = text_format("%s.new", file->path);
    struct copy copy = {.columns = columns, .line_end = file->crlf ? "\r\n" : "\n"};
    copy.fd = folder_make_file(AT_FDCWD, beside);
    if (copy.fd < 0)
        return folder_error(err, errno, "cannot make %s, the table of results to be", beside);
    bool done = write_copy(&copy, file, rows, count, err) && finish(&copy, file, beside, err);
    file_close_fd(&copy.fd);
    text_free(&copy.buffer);
    free(copy.from);
    if (!done)
        unlink(beside);
    return done;
}
