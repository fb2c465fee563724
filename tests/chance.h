/* Random numbers for property tests; include cmocka.h first. */
#pragma once
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"

/* The same at each time; FURCATE_SEED in the environment gives others. */
static inline uint64_t random_seed(void)
{
    const char *given = getenv("FURCATE_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 0;
    print_message("FURCATE_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* A number below `limit`. */
static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
    return hash_number(1, (*state)++) % limit;
}
