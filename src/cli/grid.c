#include "cli/grid.h"

#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

struct grid {
    struct libscols_table *table;
    size_t columns;
};

static void *check(void *made)
{
    if (made)
        return made;
    fputs("furcate: out of memory for a table\n", stderr);
    abort();
}

struct grid *grid_create(void)
{
    struct grid *grid = memory_new(1, sizeof *grid);
    grid->table = check(scols_new_table());
    return grid;
}

void grid_destroy(struct grid *grid)
{
    scols_unref_table(grid->table);
    free(grid);
}

void grid_add_column(struct grid *grid, const char *name, bool is_number)
{
    int flags = is_number ? SCOLS_FL_RIGHT : 0;
    check(scols_table_new_column(grid->table, name, 0, flags));
    grid->columns++;
}

void grid_add_row(struct grid *grid, const char *const *cells)
{
    struct libscols_line *line = check(scols_table_new_line(grid->table, NULL));
    for (size_t i = 0; i < grid->columns; i++)
        scols_line_set_data(line, i, cells[i] ? cells[i] : "");
}

void grid_print(struct grid *grid)
{
    scols_table_enable_nowrap(grid->table, 1);
    scols_print_table(grid->table);
}
