/* A small seeded generator (SplitMix64: Steele, Lea, Flood 2014), the same on every machine. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* any value is a good seed */
};

uint64_t random_next(struct random *random);
/* Below `bound`, which is over 0 and far below 2^32. */
size_t random_below(struct random *random, size_t bound);
/* At least 0, below 1. */
float random_uniform(struct random *random);
/* Mean 0, standard deviation 1. */
float random_normal(struct random *random);
/* Fisher-Yates. */
void random_shuffle(struct random *random, size_t *items, size_t count);
