/* What an edit of the config does to the permutations. */
#include <stdlib.h>

#include "base/memory.h"
#include "plan/translation.h"

struct plan_change {
    struct plan *before, *now;
    struct translation forth; /* from before to now */
    uint64_t stayed;
    bool exact;
};

/* The entries of both, which keep their keys. */
static struct exclusions join(const struct exclusions *a, const struct exclusions *b)
{
    struct exclusions both = {memory_new(a->count + b->count, sizeof *both.items), a->count + b->count};
    for (size_t i = 0; i < both.count; i++)
        both.items[i] = i < a->count ? a->items[i] : b->items[i - a->count];
    return both;
}

/* What stays is what the plan keeps less what the other plan lacks of it. */
static void count_stayed(struct plan_change *change)
{
    const struct plan *before = change->before;
    change->exact = before->exact && change->now->exact;
    if (change->forth.apart || !change->exact)
        return;
    struct exclusions entries = join(&before->exclusions, &change->forth.lacking);
    struct diagram *stayed = plan_diagram_create(&before->axes, &entries, false, PLAN_DIAGRAM_LIMIT);
    change->exact = stayed != NULL;
    if (stayed)
        change->stayed = plan_diagram_count(stayed);
    plan_diagram_destroy(stayed);
    free(entries.items);
}

struct plan_change *plan_change_create(struct plan *before, struct plan *now)
{
    struct plan_change *change = memory_new(1, sizeof *change);
    change->before = plan_ref(before);
    change->now = plan_ref(now);
    plan_translate(&change->forth, before, now);
    count_stayed(change);
    return change;
}

void plan_change_destroy(struct plan_change *change)
{
    if (!change)
        return;
    plan_translation_free(&change->forth);
    plan_unref(change->before);
    plan_unref(change->now);
    free(change);
}

bool plan_change_is_exact(const struct plan_change *change)
{
    return change->exact;
}

uint64_t plan_change_joined(const struct plan_change *change)
{
    return plan_count(change->now) - change->stayed;
}

uint64_t plan_change_stayed(const struct plan_change *change)
{
    return change->stayed;
}

uint64_t plan_change_gone(const struct plan_change *change)
{
    return plan_count(change->before) - change->stayed;
}

/* --- the difference, part by part --- */

/*
 * A permutation is in the other plan when none of the entries that say what is lacking there matches. The
 * i-th part of the difference is what the i-th of them matches and none before it does; it is a set of
 * permutations less some entries again, so that a diagram counts and ranks it.
 */
struct plan_difference {
    const struct plan *plan;
    struct translation translation;
    size_t next_part;
    struct exclusions entries; /* of the part: the plan's, those before it, the opposite of its own */
    size_t own;                /* of these, how many keys are the part's */
    struct diagram *part;      /* NULL: none is begun */
    bool exact;                /* the diagram holds no permutation that the entries match */
    uint64_t rank, count;      /* within the part */
};

struct plan_difference *plan_difference_create(const struct plan *plan, const struct plan *other)
{
    struct plan_difference *difference = memory_new(1, sizeof *difference);
    difference->plan = plan;
    plan_translate(&difference->translation, plan, other);
    return difference;
}

/* An entry that matches what the key does not. */
static struct exclusion opposite(const struct axes *axes, const struct exclusion_key *key)
{
    uint32_t count = (uint32_t)axes->items[key->axis].count, next = 0;
    struct exclusion_key *other = memory_new(1, sizeof *other);
    *other = (struct exclusion_key){key->axis, 0, memory_new(count - key->count, sizeof *other->values)};
    for (uint32_t value = 0; value < count; value++) {
        if (next < key->count && key->values[next] == value)
            next++;
        else
            other->values[other->count++] = value;
    }
    return (struct exclusion){other, 1, NULL};
}

static void end_part(struct plan_difference *difference)
{
    struct exclusions *entries = &difference->entries;
    plan_diagram_destroy(difference->part);
    difference->part = NULL;
    for (size_t i = entries->count - difference->own; i < entries->count; i++) {
        free(entries->items[i].keys->values);
        free(entries->items[i].keys);
    }
    free(entries->items);
    *entries = (struct exclusions){0};
    difference->own = 0;
}

void plan_difference_destroy(struct plan_difference *difference)
{
    if (!difference)
        return;
    end_part(difference);
    plan_translation_free(&difference->translation);
    free(difference);
}

static void add_entries(struct exclusions *to, const struct exclusion *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to->items[to->count++] = items[i];
}

/* Makes the entries of the part whose own entry this is, behind so many of `lacking`. */
static void make_entries(struct plan_difference *difference, const struct exclusion *own, size_t before)
{
    const struct plan *plan = difference->plan;
    const struct exclusions *lacking = &difference->translation.lacking;
    difference->own = own->count;
    difference->entries = (struct exclusions){
        memory_new(plan->exclusions.count + before + difference->own, sizeof *difference->entries.items), 0};
    add_entries(&difference->entries, plan->exclusions.items, plan->exclusions.count);
    add_entries(&difference->entries, lacking->items, before);
    for (size_t i = 0; i < own->count; i++) {
        struct exclusion entry = opposite(&plan->axes, &own->keys[i]);
        add_entries(&difference->entries, &entry, 1);
    }
}

static bool same_entry(const struct exclusion *a, const struct exclusion *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!plan_exclusion_has_key(b, &a->keys[i]))
            return false;
    return true;
}

/* Whether the plan itself excludes what the entry matches, as one that both plans have. */
static bool is_excluded_anyway(const struct plan *plan, const struct exclusion *entry)
{
    for (size_t i = 0; i < plan->exclusions.count; i++)
        if (same_entry(entry, &plan->exclusions.items[i]))
            return true;
    return false;
}

/* Makes the entries of the next part; false when there is none left. */
static bool choose_part(struct plan_difference *difference)
{
    static const struct exclusion matches_all = {0};
    const struct exclusions *lacking = &difference->translation.lacking;
    end_part(difference);
    if (difference->translation.apart) { /* all of the plan is one part */
        make_entries(difference, &matches_all, 0);
        return difference->next_part++ == 0;
    }
    while (difference->next_part < lacking->count) {
        size_t part = difference->next_part++;
        if (is_excluded_anyway(difference->plan, &lacking->items[part]))
            continue;
        make_entries(difference, &lacking->items[part], part);
        return true;
    }
    return false;
}

/* Begins the next part that has any permutation. A part that is too entangled for a diagram is walked as the
 * plan itself is: all of it, less what matches. */
static bool begin_part(struct plan_difference *difference)
{
    while (choose_part(difference)) {
        difference->part =
            plan_diagram_create(&difference->plan->axes, &difference->entries, false, PLAN_DIAGRAM_LIMIT);
        difference->exact = difference->part != NULL;
        if (!difference->part)
            difference->part = plan_diagram_create(&difference->plan->axes, &(struct exclusions){0}, true,
                                                   PLAN_DIAGRAM_LIMIT);
        difference->count = plan_diagram_count(difference->part);
        difference->rank = 0;
        if (difference->count > 0)
            return true;
    }
    return false;
}

bool plan_difference_next(struct plan_difference *difference, uint32_t *choice)
{
    for (;;) {
        if (difference->rank == difference->count && !begin_part(difference))
            return false;
        plan_diagram_unrank(difference->part, difference->rank++, choice);
        if (difference->exact || !plan_exclusions_match(&difference->entries, choice))
            return true;
    }
}

void plan_difference_skip(struct plan_difference *difference, uint64_t count)
{
    while (count > 0 && (difference->rank < difference->count || begin_part(difference))) {
        uint64_t left = difference->count - difference->rank, step = count < left ? count : left;
        difference->rank += step;
        count -= step;
    }
}
