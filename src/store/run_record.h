/*
 * The record of a run: the identity that the runner writes into furcate.json before it launches an attempt,
 * and that run_data.json repeats with the results. A run is known again by it, whatever its program does to
 * other files.
 *
 * A record is an object of the run's keys and `meta`, with `meta.run`: id, name, label, attempt. That of a
 * program has gpu_id and log_dir (the run directory) in meta.run too, since its keys are the user's alone;
 * that of a Fork has them among its keys, as the spec wants.
 */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "config/value.h"
#include "store/store.h"

#define RECORD_FILE "furcate.json"

struct run_record {
    struct value *content; /* owned; NULL: there is none */
    struct value *keys;    /* the permutation; owned */
    /* Members of the content; NULL: it has none. */
    const struct value *meta, *run, *gpu_id, *data;
    bool is_older; /* it was read from a config.json */
};

/* Makes the record of a run's latest attempt. One reference. */
struct value *store_record_value(const struct run *run);
/* Takes an object over. Any object is taken; what says who it is of is record->run. */
void store_run_record_take(struct run_record *record, struct value *content);
/* Takes the text of a record. */
bool store_run_record_parse(struct run_record *record, const char *text, struct error *err);
/*
 * Reads the record that a run directory has: furcate.json; where that is none, the config.json that older
 * versions of furcate wrote. Sets content to NULL when there is neither. Returns false with err set when that
 * cannot be seen now.
 */
bool store_run_record_read(struct run_record *record, const char *directory, struct error *err);
void store_run_record_free(struct run_record *record);

/* Whether it says of which run it is. */
bool store_run_record_has_identity(const struct run_record *record);
/* Whether it is of the run with that id and name. */
bool store_run_record_is_of(const struct run_record *record, int64_t id, const char *name);
/*
 * Makes the keys of a run's row: its own, and what its Fork has added to them in `results`. The defaults that
 * a wrapped Fork has added are not of the plan. One reference.
 */
struct value *store_run_record_row_keys(const struct run_record *identity, const struct run_record *results);
/* Whether two objects have the same keys and values, but for log_dir. */
bool store_same_permutation(const struct value *a, const struct value *b);
/* A text, or a number from 0 to 10^15, of meta.run; `otherwise` when there is none. */
const char *store_run_record_text(const struct run_record *record, const char *key, const char *otherwise);
int64_t store_run_record_number(const struct run_record *record, const char *key, int64_t otherwise);
