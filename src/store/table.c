/* run_data.csv for people: all cells as text. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "store/cell.h"
#include "store/misread.h"
#include "store/results_file.h"
#include "store/store.h"

static char *copy_cell(struct csv_cell cell)
{
    struct text text = {0};
    store_csv_decode(&text, cell);
    return text_take(&text);
}

static void add_row(struct table *table, size_t *capacity, const struct csv_reader *reader)
{
    if (table->row_count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 64;
        table->cells = memory_resize(table->cells, *capacity * table->column_count, sizeof *table->cells);
    }
    char **row = table->cells + table->row_count++ * table->column_count;
    for (size_t i = 0; i < table->column_count; i++)
        row[i] = i < reader->cells.count ? copy_cell(reader->cells.items[i]) : NULL;
}

static bool read_table(struct table *table, struct csv_reader *reader, struct error *err)
{
    struct columns columns = {0};
    size_t capacity = 0;
    bool read = store_results_read_header(reader, &columns, err);
    table->columns = columns.items; /* of a header that is refused too */
    table->column_count = columns.count;
    if (!read)
        return err->kind == ERROR_NONE;
    enum csv_status status;
    size_t id_column = store_columns_find(&columns, "run_id", 0);
    while ((status = store_csv_next(reader, err)) == CSV_RECORD) {
        if (store_csv_is_torn(reader, table->column_count))
            continue;
        enum record_kind kind = store_misread_record(reader, &columns, id_column, err);
        if (kind == RECORD_MISREAD)
            return false;
        if (kind == RECORD_ROW)
            add_row(table, &capacity, reader);
    }
    return status == CSV_END;
}

bool table_read(const char *log_dir, struct table *table, struct error *err)
{
    *table = (struct table){0};
    CLEANUP(memory_free) char *path = file_join(log_dir, "run_data.csv");
    CLEANUP(file_close_fd) int fd = folder_open_file(AT_FDCWD, path, O_RDONLY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return error_set(
            err, ERROR_USAGE,
            "no results in %s: there is no run_data.csv (another log dir is given with -d LOG_DIR)", log_dir);
    if (fd < 0)
        return folder_error(err, errno, "cannot read %s", path);
    struct csv_reader reader;
    store_csv_open(&reader, fd, path, 0);
    bool done = read_table(table, &reader, err);
    store_csv_close(&reader);
    if (!done)
        table_free(table);
    return done;
}

static int find_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], name) == 0)
            return (int)i;
    return -1;
}

int table_column(const struct table *table, const char *name)
{
    int column = find_column(table, name);
    CLEANUP(memory_free) char *prefixed = text_format("run_%s", name);
    return column >= 0 ? column : find_column(table, prefixed);
}

int table_add_column(struct table *table, const char *name)
{
    size_t before = table->column_count, count = before + 1;
    char **cells = memory_new(table->row_count * count + 1, sizeof *cells);
    for (size_t row = 0; row < table->row_count; row++)
        for (size_t i = 0; i < before; i++)
            cells[row * count + i] = table->cells[row * before + i];
    free(table->cells);
    table->cells = cells;
    table->columns = memory_resize(table->columns, count, sizeof *table->columns);
    table->columns[before] = memory_copy_text(name);
    table->column_count = count;
    return (int)before;
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i]);
    for (size_t i = 0; i < table->row_count * table->column_count; i++)
        free(table->cells[i]);
    free(table->columns);
    free(table->cells);
    *table = (struct table){0};
}

void store_add_csv_text(struct text *out, const char *text, size_t len)
{
    store_csv_add_cell(out, text, len);
}

void store_add_csv_value(struct text *out, const struct value *value)
{
    CLEANUP(text_free) struct text cell = {0};
    store_cell_add(&cell, value);
    store_csv_add_cell(out, text_get(&cell), cell.len);
}
