#include "store/results_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/memory.h"
#include "store/misread.h"

/* A name that an earlier column has gets the column's number, so that whoever looks for it finds the first.
 */
static void add_column(struct columns *columns, struct text_map *seen, struct text *name)
{
    size_t len = name->len = strlen(text_get(name)); /* without what is behind a NUL */
    for (size_t i = columns->count; len > 0 && text_map_get(seen, name->data, name->len); i++) {
        name->len = len;
        text_addf(name, ".%zu", i);
    }
    text_map_put(seen, text_get(name), name->len, columns->count);
    store_columns_add(columns, text_get(name), name->len);
}

bool store_results_read_header(struct csv_reader *reader, struct columns *columns, struct error *err)
{
    err->kind = ERROR_NONE;
    if (store_csv_next(reader, err) != CSV_RECORD)
        return false;
    CLEANUP(text_free) struct text name = {0};
    CLEANUP(text_map_free) struct text_map seen = {0};
    for (size_t i = 0; i < reader->cells.count; i++) {
        text_clear(&name);
        store_csv_decode(&name, reader->cells.items[i]);
        add_column(columns, &seen, &name);
    }
    return store_misread_header(reader, columns, err);
}

static bool read_header(struct results_file *file, struct error *err)
{
    struct csv_reader reader;
    store_columns_free(&file->columns);
    file->crlf = false;
    store_csv_open(&reader, file->fd, file->path, 0);
    bool read = store_results_read_header(&reader, &file->columns, err);
    file->crlf = read && reader.crlf;
    store_csv_close(&reader);
    return read || err->kind == ERROR_NONE;
}

static bool read_end(struct results_file *file, struct error *err)
{
    char last = '\n';
    if (file->seen.st_size > 0 && pread(file->fd, &last, 1, file->seen.st_size - 1) < 0)
        return error_system(err, errno, "cannot read %s", file->path);
    file->lacks_newline = last != '\n';
    file->changed = file->seen.st_mtim;
    return true;
}

bool store_results_reopen(struct results_file *file, struct error *err)
{
    file_close_fd(&file->fd);
    store_columns_free(&file->columns);
    file->lacks_newline = file->crlf = false;
    file->remains = 0;
    file->opened++;
    file->fd = folder_open_file(AT_FDCWD, file->path, O_RDWR | O_APPEND);
    if (file->fd < 0 && errno == ENOENT)
        return true;
    if (file->fd < 0 || fstat(file->fd, &file->seen) < 0)
        folder_error(err, errno, "cannot open %s, the table of results", file->path);
    else if (read_end(file, err) && read_header(file, err))
        return true;
    file_close_fd(&file->fd); /* half known, it must not be written to */
    return false;
}

bool store_results_open(struct results_file *file, const char *path, struct error *err)
{
    *file = (struct results_file){.path = memory_copy_text(path), .fd = -1};
    return store_results_reopen(file, err);
}

void store_results_close(struct results_file *file)
{
    file_close_fd(&file->fd);
    store_columns_free(&file->columns);
    free(file->path);
    *file = (struct results_file){.fd = -1};
}

bool store_results_are_unchanged(const struct results_file *file)
{
    struct stat now;
    if (stat(file->path, &now) < 0)
        return file->fd < 0 && errno == ENOENT;
    return file->fd >= 0 && file_is_same(&now, &file->seen) && now.st_size == file->seen.st_size &&
           now.st_mtim.tv_sec == file->seen.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == file->seen.st_mtim.tv_nsec;
}

static bool failed(const struct results_file *file, int number, struct error *err)
{
    return error_system(
        err, number,
        "cannot write to %s, the table of results (the results wait in memory; make room or give "
        "permission)",
        file->path);
}

bool store_results_cut(struct results_file *file, uint64_t size, struct error *err)
{
    if (ftruncate(file->fd, (off_t)size) < 0)
        return failed(file, errno, err);
    return store_results_reopen(file, err); /* the header may be gone */
}

static const char *line_end(const struct results_file *file)
{
    return file->crlf ? "\r\n" : "\n";
}

/* A file that cannot be looked at is looked at again before the next append. */
static void note_size(struct results_file *file, off_t size)
{
    struct stat now;
    if (fstat(file->fd, &now) == 0)
        file->seen = now;
    else
        file->seen.st_mtim.tv_nsec = -1;
    file->seen.st_size = size;
}

/* What an append that failed has left would else stand there twice after the next. */
static bool cut_remains(struct results_file *file, struct error *err)
{
    struct stat now;
    off_t size = file->seen.st_size;
    if (file->remains == 0)
        return true;
    if (fstat(file->fd, &now) < 0)
        return failed(file, errno, err);
    bool is_edited = now.st_size <= size || now.st_size > size + file->remains;
    if (!is_edited && ftruncate(file->fd, size) < 0)
        return failed(file, errno, err);
    if (!is_edited)
        note_size(file, size);
    file->remains = 0;
    return true;
}

/* Appends all the bytes or none, so that a full disk leaves no torn line. */
static bool append_synced(struct results_file *file, const struct text *bytes, struct error *err)
{
    struct error ignored;
    bool written = file_write_all(file->fd, text_get(bytes), bytes->len) && fdatasync(file->fd) == 0;
    if (!written) {
        failed(file, errno, err);
        file->remains = (off_t)bytes->len;
        cut_remains(file, &ignored);
        return false;
    }
    note_size(file, file->seen.st_size + (off_t)bytes->len);
    file->lacks_newline = false;
    return true;
}

bool store_results_end_line(struct results_file *file, struct error *err)
{
    CLEANUP(text_free) struct text end = {0};
    text_add(&end, line_end(file));
    return append_synced(file, &end, err);
}

static void copy_columns(struct columns *copy, const struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        store_columns_add(copy, columns->items[i], strlen(columns->items[i]));
}

static bool rewrite(struct results_file *file, struct columns *columns, const struct row *const *rows,
                    size_t count, struct error *err)
{
    struct columns old = file->columns;
    if (!store_results_rewrite(file, columns, rows, count, err))
        return false;
    file->columns = *columns;
    *columns = old;
    return true;
}

/* Returns whether the rows are to stand under a header that tells where. */
static bool knows_columns(const struct results_file *file, const struct row *const *rows, size_t count)
{
    bool knows = file->columns.count == 0 || store_misread_has_own(&file->columns);
    for (size_t i = 0; i < count && !knows; i++)
        knows = store_row_shares_columns(rows[i], &file->columns);
    return knows;
}

/* One try, on the file as it is at this moment. */
static bool append_once(struct results_file *file, const struct row *const *rows, size_t count,
                        struct error *err)
{
    CLEANUP(store_columns_free) struct columns columns = {0};
    bool is_new = false;
    if (!knows_columns(file, rows, count))
        return store_misread_columns(file->path, &file->columns, err);
    copy_columns(&columns, &file->columns);
    for (size_t i = 0; i < count; i++)
        is_new |= store_row_add_columns(rows[i], &columns);
    if (is_new || file->fd < 0)
        return rewrite(file, &columns, rows, count, err);

    CLEANUP(text_free) struct text lines = {0};
    if (file->lacks_newline)
        text_add(&lines, line_end(file));
    for (size_t i = 0; i < count; i++) {
        store_row_add_csv(rows[i], &columns, &lines);
        text_add(&lines, line_end(file));
    }
    return append_synced(file, &lines, err);
}

bool store_results_append(struct results_file *file, const struct row *const *rows, size_t count,
                          bool *was_replaced, struct error *err)
{
    struct stat now;
    if (!cut_remains(file, err))
        return false;
    if (!store_results_are_unchanged(file) && !store_results_reopen(file, err))
        return false;
    if (!append_once(file, rows, count, err))
        return false;
    *was_replaced = stat(file->path, &now) == 0 && !file_is_same(&now, &file->seen);
    return true;
}
