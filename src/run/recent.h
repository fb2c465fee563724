/* Runs that have finished, and whose rows whoever has begun to read the table may not see. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"
#include "store/store.h"

struct recent {
    struct value *keys;
    uint64_t rank; /* in the plan that held when it finished */
    bool is_written;
};

/* `struct recent_runs runs = {0};` is empty. */
struct recent_runs {
    VECTOR(struct recent) all; /* in the order of their ends, in which their rows are written */
    bool keeps;
};

void recent_note(struct recent_runs *runs, const struct run *run);
/* All but the last `unwritten` have their rows now, and are forgotten unless they are to be kept. */
void recent_follow(struct recent_runs *runs, size_t unwritten);
void recent_free(struct recent_runs *runs);
