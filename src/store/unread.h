/*
 * Runs that ended well, and whose results are not read yet. Their run_data.json is a mark: it has the times
 * and "unread": true, and is on the disk before anything slow is done, so that a crash repeats no such run.
 */
#pragma once
#include <stdbool.h>

#include "base/vector.h"
#include "store/run_record.h"
#include "store/store.h"

struct unread_run {
    struct run *run;
    struct attempt_end end;
};

/* Those that a crash has left, and that nobody has taken yet. */
struct unread {
    VECTOR(struct unread_run) runs;
};

/* Returns true when the run_data.json of a run is a mark. */
bool store_unread_is_mark(const struct run_record *results);
/* Makes a run from its record and its mark. name, label, directory: copied. */
struct unread_run store_unread_restore(const struct run_record *identity, const struct run_record *mark,
                                       const struct run *names);
void store_unread_free(struct unread *unread);
