/* One row of run_data.csv as columns and cells, in the order of the columns. Owns plain text only, so that a
 * row made on one thread can be written by another. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "config/value.h"
#include "store/columns.h"

struct row {
    struct text pairs; /* "column\0cell\0" and so on */
    size_t count;
};

/* Who a row is about. */
struct row_run {
    int64_t id;
    const char *name;
    int attempts;
    const char *log_dir; /* the run directory as the user would write it */
};

/* What a row is made of. */
struct row_content {
    const struct value *keys;                 /* the permutation */
    const struct value *gpu_id, *meta, *data; /* each may be NULL */
};
void store_row_make(struct row *row, const struct row_content *content, const struct row_run *run);
void store_row_free(struct row *row);

/* Adds the row's columns that `columns` lacks. Returns whether there were any. */
bool store_row_add_columns(const struct row *row, struct columns *columns);
/* Whether `columns` has a column of the row. */
bool store_row_shares_columns(const struct row *row, const struct columns *columns);
/* Adds the row as a line of CSV, without a line end. All its columns are in `columns`. */
void store_row_add_csv(const struct row *row, const struct columns *columns, struct text *out);
