/* Tables for people, on stdout. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct grid;

struct grid *grid_create(void);
void grid_destroy(struct grid *grid);
/* A column; numbers stand to the right. */
void grid_add_column(struct grid *grid, const char *name, bool is_number);
/* A row of as many cells as there are columns; copied. NULL is an empty cell. */
void grid_add_row(struct grid *grid, const char *const *cells);
void grid_print(struct grid *grid);
