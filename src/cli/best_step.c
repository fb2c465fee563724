#include "cli/best_step.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "cli/metric_column.h"
#include "config/config.h"
#include "report/report.h"

struct search {
    const char *log_dir;
    struct table *table;
    struct config_objective objective;
    int meta, last, directory, name, attempts; /* columns; -1: there is none */
    const char *meta_text;                     /* the cell that was parsed last */
    struct value *parsed;                      /* NULL: it is no JSON */
    struct best_steps found;
};

static char **cell_at(const struct table *table, size_t row, int column)
{
    return table->cells + row * table->column_count + (size_t)column;
}

static const char *text_at(const struct table *table, size_t row, int column)
{
    const char *text = column < 0 ? NULL : *cell_at(table, row, column);
    return text ? text : "";
}

/* Parses the meta of a row, which most rows have in common with the row before. */
static const struct value *meta_of(struct search *search, size_t row)
{
    struct error ignored;
    const char *text = text_at(search->table, row, search->meta);
    if (search->meta_text && strcmp(text, search->meta_text) == 0)
        return search->parsed;
    value_unref(search->parsed);
    search->parsed = config_parse("meta", text, strlen(text), &ignored);
    search->meta_text = text;
    return search->parsed;
}

/* Returns whether a row's best step was taken by the objective that counts now. */
static bool is_comparable(const struct search *search, const struct value *meta)
{
    const struct config_objective made_with = config_objective_of(meta);
    if (!made_with.metric || !made_with.of_best || made_with.is_max != search->objective.is_max)
        return false;
    CLEANUP(memory_free) char *a = config_metric_name(made_with.metric, 0);
    CLEANUP(memory_free) char *b = config_metric_name(search->objective.metric, 0);
    return strcmp(a, b) == 0;
}

/* Adds the row's last value of the metric: where it was reported for no step, it counts as the best. A metric
 * of the output has steps, so that without them its file is gone. */
static void add_result(struct value *data, const struct search *search, size_t row,
                       const struct value *expressions)
{
    char *end;
    const char *text = text_at(search->table, row, search->last);
    CLEANUP(memory_free) char *name = config_metric_name(search->objective.metric, 0);
    double number = number_read(text, &end);
    if (*text && *end == '\0' && !(expressions && value_get(expressions, name)))
        value_object_set(data, name, value_new_float(number));
}

/* Reads a row's best step from its run directory. Returns false when nothing was read there. *cell is a copy,
 * NULL when no value is finite. */
static bool read_again(const struct search *search, size_t row, const struct value *meta, char **cell)
{
    struct error ignored;
    CLEANUP(memory_free) char *base = file_base_name(text_at(search->table, row, search->directory));
    CLEANUP(memory_free) char *directory = file_join(search->log_dir, base);
    CLEANUP(memory_free) char *metric = config_metric_name(search->objective.metric, 0);
    CLEANUP(memory_free) char *key = text_format("best_%s", metric);
    CLEANUP(value_cleanup) struct value *data = value_new_object();
    const struct value *expressions = value_member(meta, "metrics", VALUE_OBJECT);
    struct history *history = history_create();
    if (file_is_name(base))
        report_read_directory(history, directory, text_at(search->table, row, search->name),
                              (int)strtol(text_at(search->table, row, search->attempts), NULL, 10),
                              expressions, NULL, &ignored);
    bool any = history_metric_count(history) > 0;
    if (any) {
        add_result(data, search, row, expressions);
        report_add_best(data, history, &search->objective);
    }
    history_destroy(history);
    const struct value *best = value_get(data, key);
    struct text text = {0};
    if (best)
        text_add_number(&text, value_float(best));
    *cell = best ? text_take(&text) : NULL;
    return any;
}

static void align_row(struct search *search, size_t row)
{
    char *best = NULL;
    const struct value *meta = meta_of(search, row);
    if (is_comparable(search, meta))
        return;
    bool was_read = read_again(search, row, meta, &best);
    search->found.again += best != NULL;
    search->found.lost += !was_read && *text_at(search->table, row, search->last);
    if (best && search->found.column < 0) {
        CLEANUP(memory_free) char *metric = config_metric_name(search->objective.metric, 0);
        CLEANUP(memory_free) char *name = text_format("run_best_%s", metric);
        search->found.column = table_add_column(search->table, name);
    }
    if (search->found.column < 0)
        return;
    char **cell = cell_at(search->table, row, search->found.column);
    free(*cell);
    *cell = best;
}

struct best_steps best_steps_align(const char *log_dir, struct table *table, const char *metric, bool is_max)
{
    struct search search = {.log_dir = log_dir,
                            .table = table,
                            .objective = {.metric = metric, .is_max = is_max, .of_best = true},
                            .meta = table_column(table, "meta"),
                            .last = metric_column(table, metric, false),
                            .directory = table_column(table, "log_dir"),
                            .name = table_column(table, "run_name"),
                            .attempts = table_column(table, "run_attempts"),
                            .found.column = metric_column(table, metric, true)};
    for (size_t row = 0; row < table->row_count; row++)
        align_row(&search, row);
    value_unref(search.parsed);
    return search.found;
}
