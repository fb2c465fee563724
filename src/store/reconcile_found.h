/* Run directories that have no row when furcate starts: which of them get one, and which go on. Private to
 * reconcile.c. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/vector.h"
#include "store/internal.h"
#include "store/known.h"
#include "store/merged.h"

struct reconciliation {
    struct store *store;
    bool without_database; /* it was made just now, or its first start was killed: the CSV alone decides */
    int64_t now_ns;
    int64_t last_ns;     /* when the log dir was last brought in line; -1: never */
    int64_t first_later; /* ids from this on were given after the database was last written; -1: none was */
    int64_t highest_id;
    uint64_t rows;
    struct known_rows known;
    struct number_set open;             /* ids that the database does not know as finished */
    struct number_set open_directories; /* hashes of the base names of their directories */
    VECTOR(int64_t) late;   /* those of them that have a row: a crash came between CSV and database */
    struct records removed; /* complete runs that shall get no row */
    struct merged merged;
};

/* Looks at a directory whose run has no row. Returns false with err set where that cannot be read now: it may
 * hold a finished run. */
bool store_found_look_at(struct reconciliation *work, const char *base_name, struct error *err);
/* Gives rows to the finished runs of other log dirs, with ids that are free here. */
bool store_found_take_merged(struct reconciliation *work, struct error *err);
