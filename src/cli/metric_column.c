#include "cli/metric_column.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"

static int find_exactly(const struct table *table, const char *prefix, const char *name)
{
    CLEANUP(memory_free) char *column = text_format("%s%s", prefix, name);
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i], column) == 0)
            return (int)i;
    return -1;
}

/* Moves the cells of `from` to where `to` is empty. */
static void merge(const struct table *table, int to, int from)
{
    for (size_t row = 0; row < table->row_count; row++) {
        char **cells = table->cells + row * table->column_count;
        bool is_empty = !cells[to] || !*cells[to];
        char *moved = cells[from];
        if (!is_empty)
            continue;
        cells[from] = cells[to];
        cells[to] = moved;
    }
}

int metric_column(const struct table *table, const char *metric, bool of_best)
{
    int columns[CONFIG_METRIC_NAMES] = {-1, -1};
    for (size_t i = 0; i < CONFIG_METRIC_NAMES; i++) {
        CLEANUP(memory_free) char *name = config_metric_name(metric, i);
        if (!of_best || i == 0)
            columns[i] = find_exactly(table, of_best ? "run_best_" : "run_", name);
    }
    if (columns[0] >= 0 && columns[1] >= 0)
        merge(table, columns[0], columns[1]);
    for (size_t i = 0; i < CONFIG_METRIC_NAMES; i++)
        if (columns[i] >= 0)
            return columns[i];
    return of_best ? -1 : find_exactly(table, "", metric);
}
