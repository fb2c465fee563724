/* What the rows of run_data.csv say about ids and run directories. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/vector.h"
#include "store/results_file.h"

struct known_rows {
    VECTOR(uint64_t) hashes;       /* of the base names of run directories */
    struct number_set directories; /* the same, once somebody asks: 10^6 rows fit in 16 MiB */
    int64_t highest_id;            /* -1: none */
    /* The last line, when it has no newline. */
    bool has_open_end, is_torn, in_quotes;
    uint64_t torn_start;
};

/* One pass over the file. Each id that has a row is given to `visit`. */
bool store_known_read(struct known_rows *known, const struct results_file *file,
                      void (*visit)(void *context, int64_t id), void *context, struct error *err);
/* Of the base name of a run directory; a member of a number_set. */
uint64_t store_known_hash(const char *name, size_t len);
bool store_known_has_directory(struct known_rows *known, const char *base_name);
void store_known_free(struct known_rows *known);
