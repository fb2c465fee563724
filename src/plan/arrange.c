#include "plan/arrange.h"

#include <stdlib.h>

#include "base/memory.h"

/* --- few nodes --- */

/*
 * Greedy: the next level is the axis after which the fewest states are alive. A placed axis is remembered by
 * a state as long as an entry that names it is open, that is, has keys on both sides of the cut; it then
 * tells at most one state more than it has such entries apart, and the states multiply. This is the weighted
 * vertex separation of the entries' hypergraph, taken one step at a time. Axes that no entry names come last,
 * where they need no node at all.
 */
struct search {
    const struct axes *axes;
    const struct exclusions *exclusions;
    size_t *missing; /* keys of each entry that are not placed yet */
    size_t *open;    /* open entries that name a placed axis */
    bool *placed;
    bool *named; /* by an entry */
};

/* log2(number) in 1/256, linear between powers of two; integers, so that no libm decides on ties. */
static uint64_t logarithm(uint64_t number)
{
    unsigned power = 63 - (unsigned)__builtin_clzll(number);
    uint64_t fraction = ((number - (UINT64_C(1) << power)) << 8) >> power;
    return ((uint64_t)power << 8) + fraction;
}

static bool names(const struct exclusion *exclusion, size_t axis)
{
    for (size_t i = 0; i < exclusion->count; i++)
        if (exclusion->keys[i].axis == axis)
            return true;
    return false;
}

/* Adds `sign` to the open entries of each placed axis that the entry names. */
static void count_open(struct search *search, const struct exclusion *exclusion, size_t sign)
{
    for (size_t i = 0; i < exclusion->count; i++)
        if (search->placed[exclusion->keys[i].axis])
            search->open[exclusion->keys[i].axis] += sign;
}

static void place(struct search *search, size_t axis)
{
    for (size_t i = 0; i < search->exclusions->count; i++) {
        const struct exclusion *exclusion = &search->exclusions->items[i];
        if (!names(exclusion, axis))
            continue;
        search->missing[i]--;
        if (search->missing[i] > 0)
            search->open[axis]++;
        else
            count_open(search, exclusion, (size_t)-1);
    }
    search->placed[axis] = true;
}

static void take_back(struct search *search, size_t axis)
{
    search->placed[axis] = false;
    for (size_t i = 0; i < search->exclusions->count; i++) {
        const struct exclusion *exclusion = &search->exclusions->items[i];
        if (!names(exclusion, axis))
            continue;
        if (search->missing[i] == 0)
            count_open(search, exclusion, 1);
        search->missing[i]++;
    }
    search->open[axis] = 0;
}

/* The logarithm of the states alive with what is placed now. */
static uint64_t cost(const struct search *search)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < search->axes->count; i++) {
        size_t told_apart = search->open[i] + 1;
        size_t most = search->axes->items[i].count;
        sum += logarithm(told_apart < most ? told_apart : most);
    }
    return sum;
}

/* The axis to place next; the number of axes when no named one is left. */
static size_t choose(struct search *search)
{
    size_t best = search->axes->count;
    uint64_t best_cost = UINT64_MAX;
    for (size_t i = 0; i < search->axes->count; i++) {
        if (search->placed[i] || !search->named[i])
            continue;
        place(search, i);
        uint64_t now = cost(search);
        take_back(search, i);
        if (now < best_cost) {
            best = i;
            best_cost = now;
        }
    }
    return best;
}

static void arrange_named(struct arrangement *arrangement, struct search *search)
{
    for (size_t i = 0; i < search->exclusions->count; i++) {
        const struct exclusion *exclusion = &search->exclusions->items[i];
        search->missing[i] = exclusion->count;
        for (size_t k = 0; k < exclusion->count; k++)
            search->named[exclusion->keys[k].axis] = true;
    }
    for (size_t axis; (axis = choose(search)) < search->axes->count;) {
        place(search, axis);
        arrangement->axes[arrangement->count++] = (uint32_t)axis;
    }
}

static void arrange_for_nodes(struct arrangement *arrangement, const struct axes *axes,
                              const struct exclusions *exclusions)
{
    CLEANUP(memory_free) size_t *missing = memory_new(exclusions->count, sizeof *missing);
    CLEANUP(memory_free) size_t *open = memory_new(axes->count, sizeof *open);
    CLEANUP(memory_free) bool *placed = memory_new(axes->count, sizeof *placed);
    CLEANUP(memory_free) bool *named = memory_new(axes->count, sizeof *named);
    struct search search = {axes, exclusions, missing, open, placed, named};
    arrange_named(arrangement, &search);
}

/* --- few open entries on the last levels --- */

/* Of 2^32 random choices on the axes that are not `last`, those that leave the entry open: it names one of
 * the last, and its other keys have matched. */
static uint64_t openness(const struct axes *axes, const struct exclusion *exclusion, const bool *last)
{
    unsigned __int128 share = (unsigned __int128)1 << 32;
    bool is_named = false;
    for (size_t i = 0; i < exclusion->count; i++) {
        const struct exclusion_key *key = &exclusion->keys[i];
        is_named = is_named || last[key->axis];
        if (!last[key->axis])
            share = share * key->count / axes->items[key->axis].count;
    }
    return is_named ? (uint64_t)share : 0;
}

static bool is_named(const struct exclusions *exclusions, size_t axis)
{
    for (size_t i = 0; i < exclusions->count; i++)
        if (names(&exclusions->items[i], axis))
            return true;
    return false;
}

/* The axis that, put before the last ones, leaves the fewest entries open; the number of axes when no named
 * one is left. */
static size_t choose_last(const struct axes *axes, const struct exclusions *exclusions, bool *last)
{
    size_t best = axes->count;
    uint64_t best_open = UINT64_MAX;
    for (size_t i = 0; i < axes->count; i++) {
        if (last[i] || !is_named(exclusions, i))
            continue;
        uint64_t open = 0;
        last[i] = true;
        for (size_t k = 0; k < exclusions->count; k++)
            open += openness(axes, &exclusions->items[k], last);
        last[i] = false;
        if (open < best_open) {
            best = i;
            best_open = open;
        }
    }
    return best;
}

/* Greedy, from the last level to the first. */
static void arrange_for_tails(struct arrangement *arrangement, const struct axes *axes,
                              const struct exclusions *exclusions)
{
    CLEANUP(memory_free) bool *last = memory_new(axes->count, sizeof *last);
    for (size_t axis; (axis = choose_last(axes, exclusions, last)) < axes->count;) {
        last[axis] = true;
        arrangement->axes[arrangement->count++] = (uint32_t)axis;
    }
    for (size_t i = 0; i < arrangement->count / 2; i++) {
        uint32_t axis = arrangement->axes[i];
        arrangement->axes[i] = arrangement->axes[arrangement->count - 1 - i];
        arrangement->axes[arrangement->count - 1 - i] = axis;
    }
}

/* Axes of one value need no level. */
static void add_others(struct arrangement *arrangement, const struct axes *axes)
{
    CLEANUP(memory_free) bool *placed = memory_new(axes->count, sizeof *placed);
    for (size_t i = 0; i < arrangement->count; i++)
        placed[arrangement->axes[i]] = true;
    for (size_t i = 0; i < axes->count; i++)
        if (!placed[i] && axes->items[i].count > 1)
            arrangement->axes[arrangement->count++] = (uint32_t)i;
}

void plan_arrange(struct arrangement *arrangement, const struct axes *axes,
                  const struct exclusions *exclusions, enum arrange_for purpose)
{
    *arrangement = (struct arrangement){memory_new(axes->count, sizeof *arrangement->axes), 0};
    if (purpose == ARRANGE_NODES)
        arrange_for_nodes(arrangement, axes, exclusions);
    else if (purpose == ARRANGE_TAILS)
        arrange_for_tails(arrangement, axes, exclusions);
    add_others(arrangement, axes);
}

void plan_arrangement_free(struct arrangement *arrangement)
{
    free(arrangement->axes);
    *arrangement = (struct arrangement){0};
}
