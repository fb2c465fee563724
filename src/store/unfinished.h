/* Runs that were started once and have no row: their permutations get the same id and directory again. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/vector.h"
#include "config/value.h"

struct unfinished_run {
    int64_t id;
    int attempts;
    char *name, *label, *directory; /* directory: its base name; all NULL once it is dropped */
};

/* `struct unfinished unfinished = {.log_dir = path};` is empty; the path is borrowed. */
struct unfinished {
    const char *log_dir;
    struct text_map index; /* hash of a permutation to the position of the first run with it */
    VECTOR(struct unfinished_place {
        struct unfinished_run run;
        size_t next; /* the position of a further run whose permutation has the same hash; 0: none */
    })
    places;
    size_t count; /* without the dropped */
};

/* `keys`: the permutation; log_dir makes no difference. The texts are copied. Of two runs of
 * one permutation the lower id stays. */
void store_unfinished_put(struct unfinished *unfinished, const struct value *keys,
                          const struct unfinished_run *run);
/* The run whose furcate.json holds this permutation; NULL when there is none. Borrowed until the next call.
 */
const struct unfinished_run *store_unfinished_find(const struct unfinished *unfinished,
                                                   const struct value *keys);
void store_unfinished_drop(struct unfinished *unfinished, const struct value *keys, int64_t id);
void store_unfinished_free(struct unfinished *unfinished);
