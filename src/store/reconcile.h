/* Brings run_data.csv, the run directories and furcate.db in line when a log dir is opened. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

/*
 * A complete run without a row: was its row never written, or deleted by the user? The database tells, where
 * it has the run, or was last written before the run was given its id. Only of a run directory that was put
 * here from elsewhere since, the time of its run_data.json decides: older than the last start, it is left
 * alone.
 *
 * Sets next_id and unfinished of the store; adds records for complete runs without a row, and commits them.
 *
 * now_ns  the time by the file system's clock
 */
bool store_reconcile(struct store *store, int64_t now_ns, struct error *err);
/* For a log dir that the store goes on in: ids go on behind those of its rows and of its database too; a torn
 * last line is cut off. */
bool store_reconcile_ids(struct store *store, struct error *err);
