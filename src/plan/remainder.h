/*
 * The remainders of the exclude entries: what of an entry is still to be matched from some level on. Entries
 * whose remainders are equal share one, so that a diagram need not tell them apart.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "plan/arrange.h"

enum { REMAINDER_NONE = UINT32_MAX };

struct remainder {
    uint32_t level; /* of its first key */
    uint32_t next;  /* what is left once that key has matched; REMAINDER_NONE: nothing, it is excluded */
    bool whole;     /* a whole entry too, and so alive at its level whatever was chosen before */
    uint32_t bit;   /* in a state; only when not whole */
    const struct exclusion_key *key; /* of its first key; borrowed from the entries */
};

/* Values from `first` up to the next span's first, all matched by the same remainders. */
struct value_span {
    uint32_t first, group;
};

/* What the entries tell apart among the values of a level's axis. */
struct level_values {
    struct value_span *spans; /* the whole axis */
    size_t span_count;
    uint32_t *matched;      /* the remainders that each group matches, group by group */
    uint32_t *group_starts; /* group_count + 1 indices into it */
    size_t group_count;
    uint64_t *here;    /* the set of remainders that begin at this level */
    size_t whole_from; /* the whole ones that begin here or later, from this index on */
};

/* A set of remainders that are not whole is `words` words, a bit each. */
struct remainders {
    struct remainder *items;
    size_t count;
    size_t words;
    uint32_t *of_bit; /* the remainder of each bit */
    uint32_t *whole;  /* the whole ones, by their level */
    size_t whole_count;
    struct level_values *levels; /* one a level of the arrangement */
    size_t level_count;
};

/* An entry without keys has no remainder. The entries must outlive the remainders. End with
 * plan_remainders_free(). */
void plan_remainders_make(struct remainders *remainders, const struct axes *axes,
                          const struct exclusions *exclusions, const struct arrangement *arrangement);
void plan_remainders_free(struct remainders *remainders);

/* Makes the set of the next level for one group of values: of `set`, what is alive at `level`, it keeps what
 * begins later and adds what is left of the matched. Returns false when an entry is matched whole. */
bool plan_remainders_advance(const struct remainders *remainders, size_t level, size_t group,
                             const uint64_t *set, uint64_t *next);
/* The group of a value of that level's axis. */
size_t plan_remainders_group(const struct remainders *remainders, size_t level, uint32_t value);
