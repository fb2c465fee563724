#include "plan/tail.h"

/* --- making --- */

/* A key value of an open entry, on its way to its level. */
struct note {
    uint32_t level, value, entry;
};

struct notes {
    struct note items[TAIL_MENTIONS];
    size_t count;
    uint32_t entries;
};

static bool note_entry(struct notes *notes, struct tail *tail, const struct remainders *remainders,
                       uint32_t index)
{
    if (notes->entries == TAIL_ENTRIES)
        return false;
    const uint64_t bit = UINT64_C(1) << notes->entries;
    while (index != REMAINDER_NONE) {
        const struct remainder *remainder = &remainders->items[index];
        const struct exclusion_key *key = remainder->key;
        const uint32_t level = remainder->level;
        if (notes->count + key->count > TAIL_MENTIONS)
            return false;
        for (uint32_t i = 0; i < key->count; i++)
            notes->items[notes->count++] = (struct note){level, key->values[i], notes->entries};
        tail->starts[level + 1] += (uint16_t)key->count;
        tail->named[level] |= bit;
        index = remainder->next;
        if (index == REMAINDER_NONE)
            tail->closed[level] |= bit;
    }
    tail->entries |= bit;
    notes->entries++;
    return true;
}

static bool note_entries(struct notes *notes, struct tail *tail, const struct remainders *remainders,
                         const uint64_t *set)
{
    for (size_t i = 0; i < remainders->words; i++)
        for (uint64_t left = set[i]; left; left &= left - 1) {
            uint32_t bit = (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(left);
            if (!note_entry(notes, tail, remainders, remainders->of_bit[bit]))
                return false;
        }
    for (size_t i = remainders->levels[tail->first].whole_from; i < remainders->whole_count; i++)
        if (!note_entry(notes, tail, remainders, remainders->whole[i]))
            return false;
    return true;
}

static void add_mention(struct tail *tail, const struct note *note)
{
    struct tail_mention *mention = &tail->mentions[tail->starts[note->level]];
    struct tail_mention *end = &tail->mentions[tail->ends[note->level]];
    while (mention < end && mention->value != note->value)
        mention++;
    if (mention == end) {
        *mention = (struct tail_mention){.value = note->value};
        tail->ends[note->level]++;
    }
    mention->matched |= UINT64_C(1) << note->entry;
}

bool plan_tail_make(struct tail *tail, const struct remainders *remainders, const uint64_t *set)
{
    struct notes notes;
    notes.count = notes.entries = 0;
    tail->entries = 0;
    tail->starts[tail->first] = 0;
    for (size_t level = tail->first; level < tail->end; level++) {
        tail->named[level] = tail->closed[level] = 0;
        tail->starts[level + 1] = 0;
    }
    bool fits = note_entries(&notes, tail, remainders, set);
    tail->steps = notes.count;
    if (!fits)
        return false;
    for (size_t level = tail->first; level < tail->end; level++) {
        tail->ends[level] = tail->starts[level];
        tail->starts[level + 1] += tail->starts[level];
    }
    for (size_t i = 0; i < notes.count; i++)
        add_mention(tail, &notes.items[i]);
    return true;
}

/* By insertion, since they are few. */
static void sort_level(struct tail_mention *mentions, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct tail_mention mention = mentions[i];
        size_t at = i;
        for (; at > 0 && mentions[at - 1].value > mention.value; at--)
            mentions[at] = mentions[at - 1];
        mentions[at] = mention;
    }
}

void plan_tail_sort(struct tail *tail)
{
    for (size_t level = tail->first; level < tail->end; level++)
        sort_level(&tail->mentions[tail->starts[level]], tail->ends[level] - tail->starts[level]);
}

/* --- counting --- */

uint64_t plan_tail_work(const struct tail *tail)
{
    uint64_t work = 1;
    for (size_t level = tail->first; level < tail->end && work < UINT32_MAX; level++)
        work *= 1 + (uint64_t)(tail->ends[level] - tail->starts[level]);
    return work < UINT32_MAX ? work : UINT32_MAX;
}

static uint64_t count_open(struct tail *tail, size_t level, uint64_t open);

/* Kept permutations from a level on with these entries open. */
static inline uint64_t count_from(struct tail *tail, size_t level, uint64_t open)
{
    return open ? count_open(tail, level, open) : tail->below[level];
}

/* The values of the last level that no open entry matches. */
static uint64_t count_last(const struct tail *tail, size_t level, uint64_t open)
{
    uint64_t kept = tail->sizes[level];
    for (size_t i = tail->starts[level]; i < tail->ends[level]; i++)
        kept -= (tail->mentions[i].matched & open) != 0;
    return kept;
}

/* Recursion is as deep as there are levels. */
static uint64_t count_open(struct tail *tail, size_t level, uint64_t open) // NOLINT(misc-no-recursion)
{
    uint64_t factor = 1;
    tail->steps++;
    for (; !(open & tail->named[level]); level++)
        factor *= tail->sizes[level];
    if (level + 1 == tail->end)
        return factor * count_last(tail, level, open);

    const uint64_t unnamed = open & ~tail->named[level];
    uint64_t others = tail->sizes[level], sum = 0;
    for (size_t i = tail->starts[level]; i < tail->ends[level]; i++) {
        uint64_t matched = tail->mentions[i].matched & open;
        if (!matched)
            continue;
        others--;
        if (!(matched & tail->closed[level]))
            sum += count_from(tail, level + 1, unnamed | matched);
    }
    if (others)
        sum += others * count_from(tail, level + 1, unnamed);
    return factor * sum;
}

uint64_t plan_tail_count(struct tail *tail)
{
    return count_from(tail, tail->first, tail->entries);
}

/* --- walking: the values of a level in order, those between two mentions at once --- */

struct span {
    uint32_t first, count;
    uint64_t open;  /* behind it */
    uint64_t paths; /* kept permutations behind each of its values */
};

struct walk {
    struct tail *tail;
    size_t level, mention;
    uint32_t value;
    uint64_t open;
    uint64_t other_paths; /* behind a value that is not mentioned; UINT64_MAX: not counted yet */
};

static struct walk begin_level(struct tail *tail, size_t level, uint64_t open)
{
    return (struct walk){.tail = tail,
                         .level = level,
                         .mention = tail->starts[level],
                         .open = open,
                         .other_paths = UINT64_MAX};
}

/* The mentions that no open entry makes are none. */
static void skip_closed(struct walk *walk)
{
    while (walk->mention < walk->tail->ends[walk->level] &&
           !(walk->tail->mentions[walk->mention].matched & walk->open))
        walk->mention++;
}

static struct span next_mentioned(struct walk *walk)
{
    struct tail *tail = walk->tail;
    const struct tail_mention *mention = &tail->mentions[walk->mention++];
    uint64_t matched = mention->matched & walk->open;
    struct span span = {mention->value, 1, (walk->open & ~tail->named[walk->level]) | matched, 0};
    if (!(matched & tail->closed[walk->level]))
        span.paths = count_from(tail, walk->level + 1, span.open);
    return span;
}

static struct span next_others(struct walk *walk, uint32_t end)
{
    struct tail *tail = walk->tail;
    struct span span = {walk->value, end - walk->value, walk->open & ~tail->named[walk->level], 0};
    if (walk->other_paths == UINT64_MAX)
        walk->other_paths = count_from(tail, walk->level + 1, span.open);
    span.paths = walk->other_paths;
    return span;
}

/* The next values of the level; the last span ends with the axis. */
static struct span next_span(struct walk *walk)
{
    skip_closed(walk);
    bool mentioned = walk->mention < walk->tail->ends[walk->level];
    uint32_t end = mentioned ? walk->tail->mentions[walk->mention].value : walk->tail->sizes[walk->level];
    struct span span = mentioned && end == walk->value ? next_mentioned(walk) : next_others(walk, end);
    walk->value = span.first + span.count;
    return span;
}

void plan_tail_unrank(struct tail *tail, uint64_t rank, uint32_t *levels)
{
    uint64_t open = tail->entries;
    for (size_t level = tail->first; level < tail->end; level++) {
        struct walk walk = begin_level(tail, level, open);
        struct span span = next_span(&walk);
        while (rank >= span.count * span.paths && walk.value < tail->sizes[level]) {
            rank -= span.count * span.paths;
            span = next_span(&walk);
        }
        levels[level] = span.first + (span.paths ? (uint32_t)(rank / span.paths) : 0);
        rank = span.paths ? rank % span.paths : 0;
        open = span.open;
    }
}

bool plan_tail_rank(struct tail *tail, const uint32_t *levels, uint64_t *rank)
{
    uint64_t open = tail->entries;
    *rank = 0;
    for (size_t level = tail->first; level < tail->end; level++) {
        struct walk walk = begin_level(tail, level, open);
        struct span span = next_span(&walk);
        for (; levels[level] >= span.first + span.count; span = next_span(&walk))
            *rank += span.count * span.paths;
        if (span.paths == 0)
            return false;
        *rank += (levels[level] - span.first) * span.paths;
        open = span.open;
    }
    return true;
}
