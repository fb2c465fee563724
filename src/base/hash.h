/* Hashes and hash tables. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A 64-bit hash of bytes, the same on every machine; `seed` chains several pieces (0 to begin). */
uint64_t hash_bytes(uint64_t seed, const void *bytes, size_t len);
/* Mixes one number into a hash (the finaliser of MurmurHash3, A. Appleby). */
uint64_t hash_number(uint64_t seed, uint64_t number);

/* A map from byte strings to numbers; keys are copied. `struct text_map map = {0};` is empty. */
struct text_map {
    struct text_map_entry *entries;
    size_t count, capacity; /* capacity: a power of two, or 0 */
};
/* The place of the key's number, NULL when it is not there; valid until the next put. */
uint64_t *text_map_get(const struct text_map *map, const char *key, size_t len);
void text_map_put(struct text_map *map, const char *key, size_t len, uint64_t number);
void text_map_free(struct text_map *map);

/* A set of numbers below UINT64_MAX, at most 16 bytes each. `struct number_set set = {0};` is empty. */
struct number_set {
    uint64_t *slots; /* number + 1; 0 is free */
    size_t count, capacity;
};
bool number_set_has(const struct number_set *set, uint64_t number);
/* Returns whether the number was new. */
bool number_set_add(struct number_set *set, uint64_t number);
/* The same for many, which is faster in a large set: the places of all are fetched into the cache at once. */
void number_set_add_all(struct number_set *set, const uint64_t *numbers, size_t count);
/* Returns whether the number was there. */
bool number_set_remove(struct number_set *set, uint64_t number);
/* Moves through the members in no order: *at is 0 at first; false at the end. Not while members are added or
 * removed. */
bool number_set_next(const struct number_set *set, size_t *at, uint64_t *number);
/* Makes room for so many members at once. */
void number_set_reserve(struct number_set *set, size_t count);
void number_set_free(struct number_set *set);
