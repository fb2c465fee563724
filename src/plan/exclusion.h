/* The entries of meta.exclude_configs, resolved against the axes. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "plan/axes.h"

/* Matches when the axis has one of these values. */
struct exclusion_key {
    uint32_t axis;
    uint32_t count;   /* fewer than the axis has */
    uint32_t *values; /* indices, ascending */
};

/* Excludes what matches all of its keys; with no key, everything. */
struct exclusion {
    struct exclusion_key *keys;
    size_t count;
    const struct value *source; /* as the config has it; borrowed */
};

struct exclusions {
    struct exclusion *items;
    size_t count;
};

/*
 * Keys that match always (constants, and axes with all of their values) are left out of an entry. An entry
 * that can match nothing is a warning and is left out. An array matches any of its elements, unless the axis
 * has that very array as a value. End with plan_exclusions_free().
 */
void plan_exclusions_read(struct exclusions *exclusions, const struct config *config, const struct axes *axes,
                          struct faults *faults);
void plan_exclusions_free(struct exclusions *exclusions);
/* Whether any entry matches the choice. */
bool plan_exclusions_match(const struct exclusions *exclusions, const uint32_t *choice);
/* Returns whether any entry matches, whatever the axes that `choice` leaves open (-1) have. */
bool plan_exclusions_match_part(const struct exclusions *exclusions, const int64_t *choice);
/* The first axis, in config order, on which another value could make the choice kept, judging by one entry
 * that matches it at a time; the number of axes when none matches. */
size_t plan_exclusions_last_axis(const struct exclusions *exclusions, const struct axes *axes,
                                 const uint32_t *choice);
/* Whether the value is one of those that the key matches. */
bool plan_exclusion_key_matches(const struct exclusion_key *key, uint32_t value);
/* Whether one of the entry's keys is equal to this. */
bool plan_exclusion_has_key(const struct exclusion *exclusion, const struct exclusion_key *key);
