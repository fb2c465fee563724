/* The column of a metric in a table, whose rows may have it under different names. */
#pragma once
#include <stdbool.h>

#include "store/store.h"

/*
 * Finds a metric: run_NAME, as most programs have it, or run_train_NAME, as Forks do; where a row has only
 * the other, its cell is moved to the column that is returned. When there is neither, a column that is called
 * NAME itself, such as a key of the config. "run_" may be given too.
 *
 * of_best  the best step instead, run_best_NAME
 * Returns -1 when there is no such column.
 */
int metric_column(const struct table *table, const char *metric, bool of_best);
