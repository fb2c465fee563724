/* The columns of run_data.csv, and where a new one goes. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/vector.h"

/* `struct columns columns = {0};` is empty. */
struct columns {
    char **items;
    size_t count, capacity;
};

void store_columns_free(struct columns *columns);
void store_columns_add(struct columns *columns, const char *name, size_t len);
/* The index of a column, columns->count when there is none. The search begins at `hint`. */
size_t store_columns_find(const struct columns *columns, const char *name, size_t hint);
/*
 * Puts a new column at its place, where the order is: config keys, meta, log_dir, gpu_id, times and results,
 * metrics, run_epochs, run_id, run_name, run_attempts. Returns its index.
 */
size_t store_columns_insert(struct columns *columns, const char *name);

/* Whether a column of this name is one that furcate adds to the config's keys. */
bool store_columns_are_own(const char *name);

/* The columns that stand before the metrics of a run (run_start_time … run_results) and behind them
 * (run_epochs); NULL-terminated, the names without "run_". */
extern const char *const store_columns_before_metrics[];
extern const char *const store_columns_behind_metrics[];
