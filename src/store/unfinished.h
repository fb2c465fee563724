/* Runs that were started once and have no row: their permutations get the same id and directory again. */
#pragma once
#include <stdint.h>

#include "base/hash.h"
#include "base/vector.h"
#include "config/value.h"

struct unfinished_run {
    int64_t id;
    int attempts;
    char *name, *label, *directory; /* directory: its base name; all NULL once it is dropped */
};

/* `struct unfinished unfinished = {0};` is empty. */
struct unfinished {
    struct text_map index; /* hash of the permutation to position in runs */
    VECTOR(struct unfinished_run) runs;
    size_t count; /* without the dropped */
};

/* `keys`: the permutation; log_dir, gpu_id and meta make no difference. The texts are copied. Of two runs of
 * one permutation the lower id stays. */
void store_unfinished_put(struct unfinished *unfinished, const struct value *keys,
                          const struct unfinished_run *run);
/* NULL when there is none; borrowed until the next call. */
const struct unfinished_run *store_unfinished_find(const struct unfinished *unfinished,
                                                   const struct value *keys);
void store_unfinished_drop(struct unfinished *unfinished, const struct value *keys);
void store_unfinished_free(struct unfinished *unfinished);
