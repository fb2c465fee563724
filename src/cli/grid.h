/*
 * Tables for people, on stdout. Where a terminal is too narrow, long values are shortened in their middle,
 * but no number; what has no room even so is left out, the last column first, and named on stderr. Elsewhere
 * a table is as wide as it is.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct grid;

/* kept: how many of the first columns are never left out */
struct grid *grid_create(size_t kept);
void grid_destroy(struct grid *grid);
/* A column; numbers stand to the right. */
void grid_add_column(struct grid *grid, const char *name, bool is_number);
/* A row of as many cells as there are columns; copied. NULL is an empty cell. */
void grid_add_row(struct grid *grid, const char *const *cells);
void grid_print(struct grid *grid);

/* Returns the columns of the terminal that stdout is; SIZE_MAX when it is none. */
size_t grid_room(void);
