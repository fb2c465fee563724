/*
 * The ranks of the current plan that are not to be started: finished, executing, waiting for a retry, given
 * up. When an edit has made another plan, a million of them take a tenth of a second to be found in it; so
 * they are moved some at a time, and those that have not moved yet are looked up by the rank they had before.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "plan/plan.h"

/* `struct taken taken = {0};` is empty; taken_free() it. */
struct taken {
    struct number_set now;
    struct number_set before;      /* ranks of the plan before; empty when all have moved */
    size_t at, left;               /* where among them the next step begins, and how many it has before it */
    struct rank_map *forth, *back; /* between the two plans */
};

void taken_free(struct taken *taken);
bool taken_has(const struct taken *taken, uint64_t rank);
void taken_add(struct taken *taken, uint64_t rank);
void taken_remove(struct taken *taken, uint64_t rank);
/* How many there are, where those that have not moved yet are taken to stay. */
uint64_t taken_count(const struct taken *taken);

/* Takes `ranks` over in place of all that was there. */
void taken_replace(struct taken *taken, struct number_set *ranks);
/* From here on ranks are those of another plan; what was taken follows, by taken_step(). All must have moved
 * before. Takes over the ways to the other plan and back. */
void taken_follow(struct taken *taken, struct rank_map *forth, struct rank_map *back);
/* Moves `most` ranks at most, and adds to *gone how many are in the plan no more and so are forgotten. False
 * when all have moved. */
bool taken_step(struct taken *taken, size_t most, uint64_t *gone);
