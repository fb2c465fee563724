/* The states of a diagram under construction, each with its node: a level and a set of remainders. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"

/* `struct states states = {0};` is empty. */
struct states {
    VECTOR(uint64_t)
    arena;           /* one behind the other: a head, then for each word that is not zero its index and it */
    uint32_t *slots; /* index of a head + 1; 0 is free; open addressing, at most half full */
    size_t count, capacity;
};

/* Whether the state is there; sets *node then. Level < 256. */
bool plan_states_find(struct states *states, size_t level, const uint64_t *set, size_t words, uint32_t *node);
/* Adds a state that is not there. */
void plan_states_add(struct states *states, size_t level, const uint64_t *set, size_t words, uint32_t node);
/* In bytes. */
size_t plan_states_memory(const struct states *states);
void plan_states_free(struct states *states);
