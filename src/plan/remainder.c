#include "plan/remainder.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/vector.h"

/* What making the remainders needs. */
struct maker {
    const struct exclusions *exclusions;
    const uint32_t *level_of_axis;
    VECTOR(struct remainder) items;
    struct text_map known; /* level, next and values to index */
    struct text scratch;
};

static void add_number(struct text *text, uint32_t number)
{
    text_add_bytes(text, (const char *)&number, sizeof number);
}

static uint32_t intern(struct maker *maker, size_t entry, size_t key_index, uint32_t next)
{
    const struct exclusion_key *key = &maker->exclusions->items[entry].keys[key_index];
    uint32_t level = maker->level_of_axis[key->axis];

    text_clear(&maker->scratch);
    add_number(&maker->scratch, level);
    add_number(&maker->scratch, next);
    text_add_bytes(&maker->scratch, (const char *)key->values, key->count * sizeof *key->values);
    const uint64_t *known = text_map_get(&maker->known, maker->scratch.data, maker->scratch.len);
    if (known)
        return (uint32_t)*known;

    text_map_put(&maker->known, maker->scratch.data, maker->scratch.len, maker->items.count);
    vector_push(&maker->items, ((struct remainder){.level = level, .next = next, .key = key}));
    return (uint32_t)maker->items.count - 1;
}

/* The key of the highest level below `limit`; the key count when there is none. */
static size_t last_key(const struct maker *maker, const struct exclusion *exclusion, uint32_t limit)
{
    size_t best = exclusion->count;
    for (size_t i = 0; i < exclusion->count; i++) {
        uint32_t level = maker->level_of_axis[exclusion->keys[i].axis];
        if (level < limit &&
            (best == exclusion->count || level > maker->level_of_axis[exclusion->keys[best].axis]))
            best = i;
    }
    return best;
}

/* From the last key to the first, so that equal ends are found to be equal. */
static void add_entry(struct maker *maker, size_t entry)
{
    const struct exclusion *exclusion = &maker->exclusions->items[entry];
    uint32_t remainder = REMAINDER_NONE, limit = UINT32_MAX;
    for (size_t key; (key = last_key(maker, exclusion, limit)) < exclusion->count;) {
        remainder = intern(maker, entry, key, remainder);
        limit = maker->items.items[remainder].level;
    }
    if (remainder != REMAINDER_NONE)
        maker->items.items[remainder].whole = true;
}

static void number_bits(struct remainders *remainders)
{
    uint32_t bits = 0;
    remainders->of_bit = memory_new(remainders->count, sizeof *remainders->of_bit);
    for (size_t i = 0; i < remainders->count; i++)
        if (!remainders->items[i].whole) {
            remainders->of_bit[bits] = (uint32_t)i;
            remainders->items[i].bit = bits++;
        }
    remainders->words = (bits + 63) / 64;
}

static void list_whole(struct remainders *remainders)
{
    remainders->whole = memory_new(remainders->count, sizeof *remainders->whole);
    for (size_t level = 0; level < remainders->level_count; level++) {
        remainders->levels[level].whole_from = remainders->whole_count;
        for (size_t i = 0; i < remainders->count; i++)
            if (remainders->items[i].whole && remainders->items[i].level == level)
                remainders->whole[remainders->whole_count++] = (uint32_t)i;
    }
}

static void add(uint64_t *set, uint32_t bit)
{
    set[bit / 64] |= UINT64_C(1) << (bit % 64);
}

static bool has(const uint64_t *set, uint32_t bit)
{
    return set[bit / 64] >> (bit % 64) & 1;
}

static void note_beginnings(struct remainders *remainders)
{
    for (size_t i = 0; i < remainders->level_count; i++)
        remainders->levels[i].here = memory_new(remainders->words, sizeof *remainders->levels->here);
    for (size_t i = 0; i < remainders->count; i++)
        if (!remainders->items[i].whole)
            add(remainders->levels[remainders->items[i].level].here, remainders->items[i].bit);
}

/* --- the values of a level, in groups --- */

struct match {
    uint32_t value, remainder;
};
typedef VECTOR(struct match) match_list;

static int compare_matches(const void *a, const void *b)
{
    const struct match *left = a, *right = b;
    if (left->value != right->value)
        return left->value < right->value ? -1 : 1;
    return (left->remainder > right->remainder) - (left->remainder < right->remainder);
}

static void collect_matches(match_list *matches, const struct remainders *remainders, size_t level)
{
    for (size_t i = 0; i < remainders->count; i++) {
        const struct remainder *remainder = &remainders->items[i];
        if (remainder->level != level)
            continue;
        for (size_t k = 0; k < remainder->key->count; k++)
            vector_push(matches, ((struct match){remainder->key->values[k], (uint32_t)i}));
    }
    if (matches->count > 1)
        qsort(matches->items, matches->count, sizeof *matches->items, compare_matches);
}

/* A level under construction. */
struct grouping {
    VECTOR(struct value_span) spans;
    VECTOR(uint32_t) matched;
    VECTOR(uint32_t) starts;
    struct text_map groups;
};

/* The group of the values that match exactly these. */
static uint32_t find_group(struct grouping *grouping, const uint32_t *matched, size_t count)
{
    const char *bytes = count ? (const char *)matched : "";
    const uint64_t *known = text_map_get(&grouping->groups, bytes, count * sizeof *matched);
    if (known)
        return (uint32_t)*known;
    uint32_t group = (uint32_t)grouping->starts.count;
    text_map_put(&grouping->groups, bytes, count * sizeof *matched, group);
    vector_push(&grouping->starts, (uint32_t)grouping->matched.count);
    for (size_t i = 0; i < count; i++)
        vector_push(&grouping->matched, matched[i]);
    return group;
}

static void add_span(struct grouping *grouping, uint32_t first, uint32_t group)
{
    size_t count = grouping->spans.count;
    if (count == 0 || grouping->spans.items[count - 1].group != group)
        vector_push(&grouping->spans, ((struct value_span){first, group}));
}

static void group_values(struct grouping *grouping, const match_list *matches, size_t axis_size)
{
    CLEANUP(memory_free) uint32_t *matched = memory_new(matches->count, sizeof *matched);
    uint32_t value = 0;
    for (size_t i = 0; i < matches->count;) {
        uint32_t at = matches->items[i].value;
        if (value < at)
            add_span(grouping, value, find_group(grouping, NULL, 0));
        size_t count = 0;
        for (; i < matches->count && matches->items[i].value == at; i++)
            matched[count++] = matches->items[i].remainder;
        add_span(grouping, at, find_group(grouping, matched, count));
        value = at + 1;
    }
    if (value < axis_size)
        add_span(grouping, value, find_group(grouping, NULL, 0));
}

static void make_level(struct level_values *level, const match_list *matches, size_t axis_size)
{
    struct grouping grouping = {0};
    group_values(&grouping, matches, axis_size);
    *level = (struct level_values){.spans = grouping.spans.items,
                                   .span_count = grouping.spans.count,
                                   .group_count = grouping.starts.count};
    vector_push(&grouping.starts, (uint32_t)grouping.matched.count);
    level->matched = grouping.matched.items;
    level->group_starts = grouping.starts.items;
    text_map_free(&grouping.groups);
}

static void make_levels(struct remainders *remainders, const struct axes *axes,
                        const struct arrangement *arrangement)
{
    remainders->level_count = arrangement->count;
    remainders->levels = memory_new(arrangement->count, sizeof *remainders->levels);
    match_list matches = {0};
    for (size_t i = 0; i < arrangement->count; i++) {
        matches.count = 0;
        collect_matches(&matches, remainders, i);
        make_level(&remainders->levels[i], &matches, axes->items[arrangement->axes[i]].count);
    }
    vector_free(&matches);
}

void plan_remainders_make(struct remainders *remainders, const struct axes *axes,
                          const struct exclusions *exclusions, const struct arrangement *arrangement)
{
    CLEANUP(memory_free) uint32_t *level_of_axis = memory_new(axes->count, sizeof *level_of_axis);
    for (size_t i = 0; i < arrangement->count; i++)
        level_of_axis[arrangement->axes[i]] = (uint32_t)i;

    struct maker maker = {.exclusions = exclusions, .level_of_axis = level_of_axis};
    for (size_t i = 0; i < exclusions->count; i++)
        add_entry(&maker, i);
    text_map_free(&maker.known);
    text_free(&maker.scratch);

    *remainders = (struct remainders){.items = maker.items.items, .count = maker.items.count};
    number_bits(remainders);
    make_levels(remainders, axes, arrangement);
    list_whole(remainders);
    note_beginnings(remainders);
}

void plan_remainders_free(struct remainders *remainders)
{
    for (size_t i = 0; i < remainders->level_count; i++) {
        free(remainders->levels[i].spans);
        free(remainders->levels[i].matched);
        free(remainders->levels[i].group_starts);
        free(remainders->levels[i].here);
    }
    free(remainders->levels);
    free(remainders->whole);
    free(remainders->of_bit);
    free(remainders->items);
    *remainders = (struct remainders){0};
}

bool plan_remainders_advance(const struct remainders *remainders, size_t level, size_t group,
                             const uint64_t *set, uint64_t *next)
{
    const struct level_values *values = &remainders->levels[level];
    for (size_t i = 0; i < remainders->words; i++)
        next[i] = set[i] & ~values->here[i];
    for (size_t i = values->group_starts[group]; i < values->group_starts[group + 1]; i++) {
        const struct remainder *matched = &remainders->items[values->matched[i]];
        if (!matched->whole && !has(set, matched->bit))
            continue;
        if (matched->next == REMAINDER_NONE)
            return false;
        /* A whole entry is alive there anyway. */
        const struct remainder *rest = &remainders->items[matched->next];
        if (!rest->whole)
            add(next, rest->bit);
    }
    return true;
}

size_t plan_remainders_group(const struct remainders *remainders, size_t level, uint32_t value)
{
    const struct level_values *values = &remainders->levels[level];
    size_t low = 0, high = values->span_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (values->spans[middle].first <= value)
            low = middle;
        else
            high = middle;
    }
    return values->spans[low].group;
}
