/* Compares the cells of one column of run_data.csv with the values that a plan has for that key. A text that
 * the column had before is not parsed again. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"
#include "store/columns.h"
#include "store/csv.h"

struct cached;

/* Whether a column whose name is none of the config's keys holds values of a key. EXTRA_CANNOT_TELL: no run
 * that was asked has left files that say so; then furcate.db may know. */
enum extra_state { EXTRA_UNKNOWN, EXTRA_IS_KEY, EXTRA_IS_NO_KEY, EXTRA_CANNOT_TELL };

struct key_match {
    const struct plan *plan;
    const char *name;
    bool is_extra; /* the plan's config lacks the key: a row that has a value for it is of another run */
    enum extra_state extra;
    bool was_asked, was_key;      /* of an extra key: furcate.db was asked, and had it as a key of a config */
    int64_t axis;                 /* -1: the key is no axis */
    const struct value *expected; /* of a key that is no axis; NULL for an extra one */
    const struct value *otherwise; /* the key's default; NULL: it has none */
    size_t column;                 /* SIZE_MAX: the file lacks it */
    int64_t found_without;         /* for a row without the cell */
    struct cached *cache;          /* by hash; NULL without a column */
    struct cached *at;             /* the cell of the reader's record; NULL: it has none */
    size_t looks;                  /* how many values were compared with cells that match none; of an extra
                                    * key how many runs were asked */
};

/* `key_index`: in config_keys() of the plan. store_match_key_free() it. */
void store_match_key_init(struct key_match *key, const struct plan *plan, size_t key_index,
                          const struct columns *columns);
/* The same for a column whose name is no key of the plan's config. */
void store_match_key_init_extra(struct key_match *key, const struct plan *plan, const struct columns *columns,
                                size_t column);
void store_match_key_free(struct key_match *key);
/* Returns the value of the reader's record: its index on the axis, 0 for the one value of a key that is no
 * axis, -1 when it is another. */
int64_t store_match_key_find(struct key_match *key, const struct csv_reader *reader, struct text *scratch);
/* Returns the text of the cell that was found last, as people see it, by way of `scratch`; len 0: there is
 * none. */
struct csv_cell store_match_key_text(const struct key_match *key, struct text *scratch);

/* For a cell that matches none. Whether a spreadsheet has rounded it from a value of the plan, which is
 * returned; NULL: no. */
const struct value *store_match_key_exact(struct key_match *key, struct text *scratch);
/* Whether it is no UTF-8. */
bool store_match_key_is_garbled(const struct key_match *key, struct text *scratch);
/* Returns whether a spreadsheet seems to have made a date, a time or another number of a text of the plan, or
 * has written a value of the plan in its own way. */
bool store_match_key_is_converted(const struct key_match *key, struct csv_cell text);
