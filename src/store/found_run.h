/* A run as the files of its directory describe it, when furcate starts. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "store/run_record.h"

/* found_run_free() it. The texts are borrowed from the records. */
struct found_run {
    struct run_record identity; /* what furcate wrote before the run began */
    struct run_record results;  /* its run_data.json; content NULL: it is not complete */
    int64_t complete_ns;        /* when that was written; -1: it was not */
    bool is_other;              /* its program has a run_data.json of its own */
    int64_t id;
    int attempts;
    const char *name, *label;
    char *directory; /* absolute; owned */
};

/* Finds when a file of the directory was written, in ns of the clock; -1: it is not there. Returns false with
 * err set when that cannot be seen now. */
bool found_run_look(const struct found_run *found, const char *name, int64_t *ns, struct error *err);
/*
 * Reads what the directory says of its run; found_run_record() has no content when that is nothing.
 *
 * found      complete_ns is when its run_data.json was written, by found_run_look()
 * base_name  of the directory
 * Returns false with err set when that cannot be seen now.
 */
bool found_run_read(struct found_run *found, const char *base_name, struct error *err);
/* Returns the record of whoever wrote the run directory: the original furcate wrote no identity, only
 * results. */
const struct run_record *found_run_record(const struct found_run *found);
void found_run_free(struct found_run *found);
