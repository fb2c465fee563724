#include "store/row.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "plan/plan.h"
#include "store/cell.h"
#include "store/csv.h"

static void add_pair(struct row *row, const char *prefix, const char *column, const char *cell)
{
    text_add(&row->pairs, prefix);
    text_add(&row->pairs, column);
    text_add_char(&row->pairs, '\0');
    text_add(&row->pairs, cell);
    text_add_char(&row->pairs, '\0');
    row->count++;
}

static void add_value(struct row *row, const char *prefix, const char *column, const struct value *value)
{
    add_pair(row, prefix, column, "");
    row->pairs.len--;
    if (value)
        store_cell_add(&row->pairs, value);
    text_add_char(&row->pairs, '\0');
}

static bool is_named(const char *key, const char *const *names)
{
    while (*names && strcmp(*names, key) != 0)
        names++;
    return *names;
}

static void add_keys(struct row *row, const struct value *keys)
{
    for (size_t i = 0; i < value_count(keys); i++)
        if (plan_compares_key(value_key(keys, i)))
            add_value(row, config_column_prefix(value_key(keys, i)), value_key(keys, i), value_item(keys, i));
}

/* As JSON, without what says nothing about the config. */
static void add_meta(struct row *row, const struct value *meta)
{
    static const char *const left_out[] = {"exclude_configs", "data", "run", NULL};
    struct text *cell = &row->pairs;
    add_pair(row, "", "meta", "{");
    cell->len--;
    size_t start = cell->len;
    for (size_t i = 0; meta && value_kind(meta) == VALUE_OBJECT && i < value_count(meta); i++) {
        const char *key = value_key(meta, i);
        if (is_named(key, left_out))
            continue;
        text_add(cell, cell->len > start ? ", " : "");
        text_add_json_string(cell, key, strlen(key));
        text_add(cell, ": ");
        value_add_json(cell, value_item(meta, i));
    }
    text_add_bytes(cell, "}", sizeof "}");
}

static void add_named(struct row *row, const struct value *data, const char *const *names)
{
    for (; *names; names++)
        add_value(row, "run_", *names, data ? value_get(data, *names) : NULL);
}

/* Also what has a column of its own: of two cells for one column the later counts. */
static void add_metrics(struct row *row, const struct value *data)
{
    for (size_t i = 0; data && value_kind(data) == VALUE_OBJECT && i < value_count(data); i++)
        add_value(row, "run_", value_key(data, i), value_item(data, i));
}

void store_row_make(struct row *row, const struct row_content *content, const struct row_run *run)
{
    char number[32];
    *row = (struct row){0};
    add_keys(row, content->keys);
    add_meta(row, content->meta);
    add_pair(row, "", "log_dir", run->log_dir);
    add_value(row, "", "gpu_id", content->gpu_id);
    add_named(row, content->data, store_columns_before_metrics);
    add_metrics(row, content->data);
    add_named(row, content->data, store_columns_behind_metrics);
    snprintf(number, sizeof number, "%lld", (long long)run->id);
    add_pair(row, "run_", "id", number);
    add_pair(row, "run_", "name", run->name);
    snprintf(number, sizeof number, "%d", run->attempts);
    add_pair(row, "run_", "attempts", number);
}

void store_row_free(struct row *row)
{
    text_free(&row->pairs);
    *row = (struct row){0};
}

/* Moves from a column's name to its cell, or from a cell to the next name. */
static const char *behind(const char *part)
{
    return part + strlen(part) + 1;
}

bool store_row_add_columns(const struct row *row, struct columns *columns)
{
    bool added = false;
    const char *name = text_get(&row->pairs);
    for (size_t i = 0, hint = 0; i < row->count; i++, name = behind(behind(name))) {
        size_t at = store_columns_find(columns, name, hint);
        if (at == columns->count) {
            at = store_columns_insert(columns, name);
            added = true;
        }
        hint = at + 1;
    }
    return added;
}

bool store_row_shares_columns(const struct row *row, const struct columns *columns)
{
    const char *name = text_get(&row->pairs);
    for (size_t i = 0; i < row->count; i++, name = behind(behind(name)))
        if (store_columns_find(columns, name, 0) < columns->count)
            return true;
    return false;
}

void store_row_add_csv(const struct row *row, const struct columns *columns, struct text *out)
{
    CLEANUP(memory_free) const char **cells = memory_new(columns->count, sizeof *cells);
    const char *name = text_get(&row->pairs);
    for (size_t i = 0, hint = 0; i < row->count; i++, name = behind(behind(name))) {
        size_t at = store_columns_find(columns, name, hint);
        if (at < columns->count)
            cells[at] = behind(name);
        hint = at + 1;
    }
    for (size_t i = 0; i < columns->count; i++) {
        if (i > 0)
            text_add_char(out, ',');
        if (cells[i])
            store_csv_add_cell(out, cells[i], strlen(cells[i]));
    }
}
