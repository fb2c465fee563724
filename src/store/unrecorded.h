/* Attempts that are written to run_data.csv, but not yet to furcate.db. */
#pragma once
#include <stdbool.h>

#include "base/error.h"

struct store;
struct unrecorded;

/* Takes over the records of the batch, whose rows are written. */
void store_unrecorded_take(struct store *store);
/*
 * Writes them and what else of the batch is for the database. While that is locked, they stay for the next
 * call, and true is returned: nothing else need wait for it. More than 100,000 do not wait: then this runner
 * goes on without a database, as with a damaged one.
 */
bool store_unrecorded_write(struct store *store, struct error *err);
void store_unrecorded_free(struct unrecorded *unrecorded);
