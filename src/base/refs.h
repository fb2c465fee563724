/* Counts of references to what is immutable, and so may be used by several threads. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

typedef atomic_uint refs;

static inline void refs_take(refs *count)
{
    atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
}

/* Returns whether it was the last one, so that the caller frees what was counted. */
static inline bool refs_drop(refs *count)
{
    return atomic_load_explicit(count, memory_order_acquire) == 1 ||
           atomic_fetch_sub_explicit(count, 1, memory_order_acq_rel) == 1;
}
