/*
 * The last levels of a diagram without nodes: what is kept below a set of remainders, counted anew each time
 * it is asked for. Most nodes of a large diagram stand on its last levels, where few entries are still open;
 * to walk through what these few still tell apart takes a microsecond, to store it takes most of the memory.
 * The count goes by cases, value by value, as models of a formula are counted (Birnbaum and Lozinskii 1999).
 */
#pragma once
#include "plan/remainder.h"

enum { TAIL_ENTRIES = 64, TAIL_MENTIONS = 192, TAIL_LEVELS = 62, TAIL_WORDS = 64 };

/* A value of a level that open entries name. */
struct tail_mention {
    uint32_t value;
    uint64_t matched; /* the entries that match it */
};

struct tail {
    size_t first, end;                                /* levels */
    const uint32_t *sizes;                            /* of all levels; borrowed from the diagram */
    const uint64_t *below;                            /* the same */
    uint64_t entries;                                 /* one bit each */
    uint64_t named[TAIL_LEVELS], closed[TAIL_LEVELS]; /* those with a key there, with their last key there */
    struct tail_mention mentions[TAIL_MENTIONS];      /* level by level, each value once */
    uint16_t starts[TAIL_LEVELS + 1], ends[TAIL_LEVELS];
    uint64_t steps; /* of making and counting, so far */
};

/*
 * Makes the tail that begins at tail->first with this set of remainders; first, end, sizes and below are set.
 * Returns false when there are too many entries or values for the struct.
 */
bool plan_tail_make(struct tail *tail, const struct remainders *remainders, const uint64_t *set);
/* Puts the mentions of each level in order, as plan_tail_unrank() and plan_tail_rank() need them. */
void plan_tail_sort(struct tail *tail);
/* A bound on the steps of plan_tail_count(), at most UINT32_MAX; it takes about a fiftieth of them. */
uint64_t plan_tail_work(const struct tail *tail);
/* Kept permutations. */
uint64_t plan_tail_count(struct tail *tail);
/* The value of each level, from levels[first] on, of the rank-th kept permutation. */
void plan_tail_unrank(struct tail *tail, uint64_t rank, uint32_t *levels);
/* False when they are excluded. */
bool plan_tail_rank(struct tail *tail, const uint32_t *levels, uint64_t *rank);
