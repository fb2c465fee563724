#include "store/known.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/directory.h"
#include "store/misread.h"

enum part { PART_ID, PART_NAME, PART_LOG_DIR, PART_DATA_NAME, part_count };
static const char *const part_columns[part_count] = {"run_id", "run_name", "log_dir", "data_name"};

struct pass {
    struct known_rows *known;
    const struct results_file *file;
    size_t at[part_count]; /* columns */
    struct text scratch[part_count];
    void (*visit)(void *context, int64_t id);
    void *context;
};

uint64_t store_known_hash(const char *name, size_t len)
{
    return hash_bytes(0, name, len) >> 1; /* a number_set holds all but the highest number */
}

/* Any length, trailing slashes aside. */
static struct csv_cell base_name_of(struct csv_cell path)
{
    while (path.len > 0 && path.bytes[path.len - 1] == '/')
        path.len--;
    const char *slash = memrchr(path.bytes, '/', path.len);
    size_t before = slash ? (size_t)(slash + 1 - path.bytes) : 0;
    return (struct csv_cell){path.bytes + before, path.len - before};
}

static bool all_digits(struct csv_cell cell)
{
    for (size_t i = 0; i < cell.len; i++)
        if (cell.bytes[i] < '0' || cell.bytes[i] > '9')
            return false;
    return cell.len > 0;
}

static int64_t find_id(const struct csv_cell parts[part_count], struct csv_cell directory)
{
    struct csv_cell data_name = parts[PART_DATA_NAME];
    if (all_digits(parts[PART_ID]))
        return store_directory_id(parts[PART_ID].bytes, parts[PART_ID].len, "", 0);
    struct csv_cell name = parts[PART_NAME].len > 0 ? parts[PART_NAME] : directory;
    return store_directory_id(name.bytes, name.len, data_name.bytes, data_name.len);
}

static void take_row(struct pass *pass, const struct csv_reader *reader)
{
    struct csv_cell parts[part_count];
    for (int i = 0; i < part_count; i++) {
        bool has = pass->at[i] < reader->cells.count && pass->at[i] < pass->file->columns.count;
        parts[i] = has ? store_csv_view(reader->cells.items[pass->at[i]], &pass->scratch[i])
                       : (struct csv_cell){"", 0};
    }
    struct csv_cell directory = base_name_of(parts[PART_LOG_DIR]);
    if (directory.len > 0)
        vector_push(&pass->known->hashes, store_known_hash(directory.bytes, directory.len));
    int64_t id = find_id(parts, directory);
    if (id < 0)
        return;
    pass->visit(pass->context, id);
    if (id > pass->known->highest_id)
        pass->known->highest_id = id;
}

static bool take_record(struct pass *pass, const struct csv_reader *reader, struct error *err)
{
    enum record_kind kind = store_misread_record(reader, &pass->file->columns, pass->at[PART_ID], err);
    if (kind == RECORD_ROW)
        take_row(pass, reader);
    return kind != RECORD_MISREAD;
}

static bool read_rows(struct pass *pass, struct csv_reader *reader, struct error *err)
{
    enum csv_status status = store_csv_next(reader, err); /* the header */
    bool is_header = true;
    for (; status == CSV_RECORD; status = store_csv_next(reader, err)) {
        pass->known->has_open_end = !reader->complete;
        pass->known->is_torn = store_csv_is_torn(reader, pass->file->columns.count);
        pass->known->in_quotes = reader->in_quotes;
        pass->known->torn_start = reader->record_start;
        if (!is_header && !pass->known->is_torn && !take_record(pass, reader, err))
            return false;
        is_header = false;
    }
    return status == CSV_END;
}

/* Whether whole rows follow once the line that `torn` begins is left out: then a quote lacks its pair
 * somewhere in the middle of the file, and cutting there would lose them. */
static bool hides_rows(const struct pass *pass, uint64_t torn, struct error *err)
{
    struct csv_reader reader;
    bool hides = false;
    char *newline = NULL;
    char line[1 << 16];
    ssize_t got = pread(pass->file->fd, line, sizeof line, (off_t)torn);
    if (got > 0)
        newline = memchr(line, '\n', (size_t)got);
    if (!newline)
        return false;
    store_csv_open(&reader, pass->file->fd, pass->file->path, torn + (uint64_t)(newline + 1 - line));
    while (!hides && store_csv_next(&reader, err) == CSV_RECORD)
        hides = reader.complete && reader.cells.count == pass->file->columns.count;
    store_csv_close(&reader);
    if (hides)
        error_set(err, ERROR_SYSTEM,
                  "%s: a quote lacks its pair in the line that begins with '%.*s'; mend that line",
                  pass->file->path, newline - line > 60 ? 60 : (int)(newline - line), line);
    return hides;
}

bool store_known_read(struct known_rows *known, const struct results_file *file,
                      void (*visit)(void *context, int64_t id), void *context, struct error *err)
{
    *known = (struct known_rows){.highest_id = -1};
    if (file->fd < 0)
        return true;
    struct pass pass = {.known = known, .file = file, .visit = visit, .context = context};
    for (int i = 0; i < part_count; i++)
        pass.at[i] = store_columns_find(&file->columns, part_columns[i], 0);

    struct csv_reader reader;
    store_csv_open(&reader, file->fd, file->path, 0);
    bool read = read_rows(&pass, &reader, err);
    if (read && known->is_torn && known->in_quotes)
        read = !hides_rows(&pass, known->torn_start, err);
    store_csv_close(&reader);
    for (int i = 0; i < part_count; i++)
        text_free(&pass.scratch[i]);
    return read;
}

/* A set that grows as they are read would move each of them several times. */
static void make_set(struct known_rows *known)
{
    enum { block = 64 };
    size_t count = known->hashes.count;
    number_set_reserve(&known->directories, count);
    for (size_t i = 0; i < count; i += block)
        number_set_add_all(&known->directories, known->hashes.items + i,
                           count - i < block ? count - i : block);
    vector_free(&known->hashes);
}

bool store_known_has_directory(struct known_rows *known, const char *base_name)
{
    if (known->hashes.count > 0)
        make_set(known);
    return number_set_has(&known->directories, store_known_hash(base_name, strlen(base_name)));
}

void store_known_free(struct known_rows *known)
{
    vector_free(&known->hashes);
    number_set_free(&known->directories);
}
