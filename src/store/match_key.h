/* Cells of one column of run_data.csv to the values that a plan has for that key. A text that the column had
 * before is not parsed again. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "store/columns.h"
#include "store/csv.h"

struct cached;

struct key_match {
    const struct plan *plan;
    const char *name;
    int64_t axis;                  /* -1: the key is no axis */
    const struct value *expected;  /* of a key that is no axis */
    const struct value *otherwise; /* the key's default; NULL: it has none */
    size_t column;                 /* SIZE_MAX: the file lacks it */
    int64_t found_without;         /* for a row without the cell */
    struct cached *cache;          /* by hash; NULL without a column */
    size_t looks;                  /* how many values were held against cells that match none */
};

/* `key_index`: in config_keys() of the plan. store_match_key_free() it. */
void store_match_key_init(struct key_match *key, const struct plan *plan, size_t key_index,
                          const struct columns *columns);
void store_match_key_free(struct key_match *key);
/*
 * Finds the value of the reader's record: its index on the axis, 0 for the one value of a key that is no
 * axis, -1 when it is another. Returns false with err set for a cell that a spreadsheet has changed.
 */
bool store_match_key_find(struct key_match *key, const struct csv_reader *reader, struct text *scratch,
                          int64_t *found, struct error *err);
