#include "cli/grid.h"

#include <libsmartcols.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/tell.h"
#include "base/vector.h"

enum { least_width = 8 }; /* of a column whose values are shortened */

struct column {
    char *name;
    bool is_number;
    VECTOR(char *) cells;
    size_t natural, least; /* widths: with all in full; with what may be shortened short */
    size_t width;
};

struct grid {
    size_t kept;
    VECTOR(struct column) columns;
};

struct grid *grid_create(size_t kept)
{
    struct grid *grid = memory_new(1, sizeof *grid);
    grid->kept = kept;
    return grid;
}

void grid_destroy(struct grid *grid)
{
    for (size_t i = 0; i < grid->columns.count; i++) {
        struct column *column = &grid->columns.items[i];
        for (size_t row = 0; row < column->cells.count; row++)
            free(column->cells.items[row]);
        vector_free(&column->cells);
        free(column->name);
    }
    vector_free(&grid->columns);
    free(grid);
}

static char *visible(const char *text)
{
    struct text out = {0};
    display_add_visible(&out, text ? text : "");
    return text_take(&out);
}

static bool is_number(const char *text)
{
    char *end;
    number_read(text, &end);
    return *text && end > text && *end == '\0';
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Makes room for a text that is a name or a cell of the column. */
static void widen(struct column *column, const char *text, bool whole)
{
    size_t width = display_width(text, strlen(text)), least = whole ? width : min(width, least_width);
    if (width > column->natural)
        column->natural = width;
    if (least > column->least)
        column->least = least;
}

void grid_add_column(struct grid *grid, const char *name, bool is_number_column)
{
    struct column column = {.name = visible(name), .is_number = is_number_column};
    widen(&column, column.name, false);
    vector_push(&grid->columns, column);
}

void grid_add_row(struct grid *grid, const char *const *cells)
{
    for (size_t i = 0; i < grid->columns.count; i++) {
        struct column *column = &grid->columns.items[i];
        char *cell = visible(cells[i]);
        widen(column, cell, is_number(cell));
        vector_push(&column->cells, cell);
    }
}

/* --- widths --- */

size_t grid_room(void)
{
    enum { usual = 80 };
    struct winsize size;
    if (!isatty(STDOUT_FILENO))
        return SIZE_MAX;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

/* Returns the width of the first `count` columns with a space between them, when each has its least width. */
static size_t least_total(const struct grid *grid, size_t count)
{
    size_t total = count ? count - 1 : 0;
    for (size_t i = 0; i < count; i++)
        total += grid->columns.items[i].least;
    return total;
}

static struct column *widest_to_shorten(const struct grid *grid, size_t count)
{
    struct column *widest = NULL;
    for (size_t i = 0; i < count; i++) {
        struct column *column = &grid->columns.items[i];
        if (column->width > column->least && (!widest || column->width >= widest->width))
            widest = column;
    }
    return widest;
}

/* Returns how many columns have room, and sets their widths. */
static size_t fit_columns(const struct grid *grid, size_t room)
{
    size_t count = grid->columns.count;
    while (count > grid->kept && least_total(grid, count) > room)
        count--;
    size_t total = count ? count - 1 : 0;
    for (size_t i = 0; i < count; i++)
        total += grid->columns.items[i].width = grid->columns.items[i].natural;
    struct column *widest;
    for (; total > room && (widest = widest_to_shorten(grid, count)); total--)
        widest->width--;
    return count;
}

/* --- output --- */

static void *check(void *made)
{
    if (!made)
        memory_end();
    return made;
}

static void add_lines(const struct grid *grid, struct libscols_table *table, size_t count)
{
    size_t rows = grid->columns.count ? grid->columns.items[0].cells.count : 0;
    for (size_t row = 0; row < rows; row++) {
        struct libscols_line *line = check(scols_table_new_line(table, NULL));
        for (size_t i = 0; i < count; i++) {
            const struct column *column = &grid->columns.items[i];
            struct text cell = {0};
            display_add_shortened(&cell, column->cells.items[row], column->width);
            scols_line_refer_data(line, i, text_take(&cell));
        }
    }
}

static void name_left_out(const struct grid *grid, size_t count)
{
    if (count == grid->columns.count)
        return;
    tell("furcate: this terminal has no room for ");
    for (size_t i = count; i < grid->columns.count; i++)
        tell("%s%s", i > count ? ", " : "", grid->columns.items[i].name);
    tell("; widen it, or add: | cat\n");
}

void grid_print(struct grid *grid)
{
    CLEANUP(display_leave) locale_t before = display_enter();
    struct libscols_table *table = check(scols_new_table());
    size_t count = fit_columns(grid, grid_room());
    for (size_t i = 0; i < count; i++) {
        const struct column *column = &grid->columns.items[i];
        CLEANUP(text_free) struct text name = {0};
        display_add_shortened(&name, column->name, column->width);
        check(scols_table_new_column(table, text_get(&name), 0, column->is_number ? SCOLS_FL_RIGHT : 0));
    }
    add_lines(grid, table, count);
    scols_table_enable_noencoding(table, 1);                 /* the cells are visible already */
    scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER); /* it would cut numbers, too */
    scols_print_table(table);
    scols_unref_table(table);
    fflush(stdout);
    name_left_out(grid, count);
}
