#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

uint64_t hash_number(uint64_t seed, uint64_t number)
{
    uint64_t h = seed * UINT64_C(0x9e3779b97f4a7c15) + number;
    h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    return h ^ (h >> 33);
}

uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len)
{
    const unsigned char *rest = bytes;
    uint64_t h = hash_number(seed, len);
    for (; len >= 8; len -= 8, rest += 8) {
        uint64_t word = 0;
        for (int i = 0; i < 8; i++)
            word |= (uint64_t)rest[i] << (8 * i);
        h = hash_number(h, word);
    }
    uint64_t tail = 0;
    for (size_t i = 0; i < len; i++)
        tail |= (uint64_t)rest[i] << (8 * i);
    return hash_number(h, tail);
}

struct text_map_entry {
    char *key; /* NULL: free */
    size_t len;
    uint64_t hash, number;
};

/* Both tables: open addressing with linear probing, at most 3/4 full. */
static bool crowded(size_t count, size_t capacity)
{
    return 4 * (count + 1) > 3 * capacity;
}

static struct text_map_entry *find_entry(const struct text_map *map, uint64_t hash, const char *key,
                                         size_t len)
{
    for (size_t i = hash & (map->capacity - 1);; i = (i + 1) & (map->capacity - 1)) {
        struct text_map_entry *entry = &map->entries[i];
        bool same = entry->hash == hash && entry->len == len;
        if (!entry->key || (same && memcmp(entry->key, key, len) == 0))
            return entry;
    }
}

static void grow_map(struct text_map *map)
{
    struct text_map old = *map;
    map->capacity = old.capacity ? 2 * old.capacity : 16;
    map->entries = memory_new(map->capacity, sizeof *map->entries);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.entries[i].key)
            *find_entry(map, old.entries[i].hash, old.entries[i].key, old.entries[i].len) = old.entries[i];
    free(old.entries);
}

uint64_t *text_map_get(const struct text_map *map, const char *key, size_t len)
{
    if (map->capacity == 0)
        return NULL;
    struct text_map_entry *entry = find_entry(map, hash_bytes(0, key, len), key, len);
    return entry->key ? &entry->number : NULL;
}

void text_map_put(struct text_map *map, const char *key, size_t len, uint64_t number)
{
    if (crowded(map->count, map->capacity))
        grow_map(map);
    uint64_t hash = hash_bytes(0, key, len);
    struct text_map_entry *entry = find_entry(map, hash, key, len);
    if (!entry->key) {
        *entry = (struct text_map_entry){memory_copy_bytes(key, len), len, hash, 0};
        map->count++;
    }
    entry->number = number;
}

void text_map_free(struct text_map *map)
{
    for (size_t i = 0; i < map->capacity; i++)
        free(map->entries[i].key);
    free(map->entries);
    *map = (struct text_map){0};
}

static size_t home(const struct number_set *set, uint64_t number)
{
    return hash_number(0, number) & (set->capacity - 1);
}

/* The slot that holds the number, or the free slot where it would go. */
static size_t find_slot(const struct number_set *set, uint64_t number)
{
    size_t i = home(set, number);
    while (set->slots[i] && set->slots[i] != number + 1)
        i = (i + 1) & (set->capacity - 1);
    return i;
}

bool number_set_has(const struct number_set *set, uint64_t number)
{
    return set->capacity && set->slots[find_slot(set, number)];
}

static void grow_set(struct number_set *set, size_t capacity)
{
    struct number_set old = *set;
    set->capacity = capacity;
    set->slots = memory_new(set->capacity, sizeof *set->slots);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.slots[i])
            set->slots[find_slot(set, old.slots[i] - 1)] = old.slots[i];
    free(old.slots);
}

bool number_set_add(struct number_set *set, uint64_t number)
{
    if (crowded(set->count, set->capacity))
        grow_set(set, set->capacity ? 2 * set->capacity : 16);
    size_t slot = find_slot(set, number);
    if (set->slots[slot])
        return false;
    set->slots[slot] = number + 1;
    set->count++;
    return true;
}

void number_set_add_all(struct number_set *set, const uint64_t *numbers, size_t count)
{
    number_set_reserve(set, set->count + count);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(&set->slots[home(set, numbers[i])], 1);
    for (size_t i = 0; i < count; i++)
        number_set_add(set, numbers[i]);
}

/* Deletion without tombstones: later members of the cluster move up (Knuth, TAOCP 3, 6.4, algorithm R). */
bool number_set_remove(struct number_set *set, uint64_t number)
{
    if (!number_set_has(set, number))
        return false;
    size_t mask = set->capacity - 1, hole = find_slot(set, number);
    for (size_t i = (hole + 1) & mask; set->slots[i]; i = (i + 1) & mask) {
        size_t distance_home = (i - home(set, set->slots[i] - 1)) & mask;
        if (distance_home >= ((i - hole) & mask)) {
            set->slots[hole] = set->slots[i];
            hole = i;
        }
    }
    set->slots[hole] = 0;
    set->count--;
    return true;
}

bool number_set_next(const struct number_set *set, size_t *at, uint64_t *number)
{
    while (*at < set->capacity && !set->slots[*at])
        ++*at;
    if (*at == set->capacity)
        return false;
    *number = set->slots[(*at)++] - 1;
    return true;
}

void number_set_reserve(struct number_set *set, size_t count)
{
    size_t capacity = set->capacity ? set->capacity : 16;
    while (crowded(count, capacity))
        capacity *= 2;
    if (capacity > set->capacity)
        grow_set(set, capacity);
}

void number_set_free(struct number_set *set)
{
    free(set->slots);
    *set = (struct number_set){0};
}
