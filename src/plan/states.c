#include "plan/states.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

/* A head: the node in the upper half, then the number of words behind it, and the level in the last byte. */
static uint32_t node_of(uint64_t head)
{
    return (uint32_t)(head >> 32);
}

static size_t length_of(uint64_t head)
{
    return (uint32_t)head >> 8;
}

/* Appends the state with node 0. Returns where its head is. */
static size_t append(struct states *states, size_t level, const uint64_t *set, size_t words)
{
    size_t head = states->arena.count;
    vector_push(&states->arena, 0);
    for (size_t i = 0; i < words; i++) {
        if (!set[i])
            continue;
        vector_push(&states->arena, i);
        vector_push(&states->arena, set[i]);
    }
    states->arena.items[head] = (uint64_t)(states->arena.count - head - 1) << 8 | level;
    return head;
}

static bool same(const uint64_t *a, const uint64_t *b)
{
    return (uint32_t)*a == (uint32_t)*b && memcmp(a + 1, b + 1, length_of(*a) * sizeof *a) == 0;
}

/* The slot that holds a state equal to the one with that head, or the free slot where it would go. */
static uint32_t *find_slot(const struct states *states, size_t head)
{
    const uint64_t *state = states->arena.items + head;
    uint64_t hash = hash_number(0, (uint32_t)*state);
    for (size_t i = 1; i <= length_of(*state); i++)
        hash = hash_number(hash, state[i]);
    for (size_t i = hash & (states->capacity - 1);; i = (i + 1) & (states->capacity - 1)) {
        uint32_t *slot = &states->slots[i];
        if (*slot == 0 || same(states->arena.items + *slot - 1, state))
            return slot;
    }
}

static void grow(struct states *states)
{
    free(states->slots);
    states->capacity = states->capacity ? 2 * states->capacity : 64;
    states->slots = memory_new(states->capacity, sizeof *states->slots);
    for (size_t i = 0; i < states->arena.count; i += 1 + length_of(states->arena.items[i]))
        *find_slot(states, i) = (uint32_t)i + 1;
}

bool plan_states_find(struct states *states, size_t level, const uint64_t *set, size_t words, uint32_t *node)
{
    if (states->count == 0)
        return false;
    size_t wanted = append(states, level, set, words);
    uint32_t found = *find_slot(states, wanted);
    states->arena.count = wanted;
    if (found)
        *node = node_of(states->arena.items[found - 1]);
    return found;
}

void plan_states_add(struct states *states, size_t level, const uint64_t *set, size_t words, uint32_t node)
{
    if (2 * states->count >= states->capacity)
        grow(states);
    size_t head = append(states, level, set, words);
    *find_slot(states, head) = (uint32_t)head + 1;
    states->arena.items[head] |= (uint64_t)node << 32;
    states->count++;
}

size_t plan_states_memory(const struct states *states)
{
    return states->arena.capacity * sizeof *states->arena.items + states->capacity * sizeof *states->slots;
}

void plan_states_free(struct states *states)
{
    vector_free(&states->arena);
    free(states->slots);
    *states = (struct states){0};
}
