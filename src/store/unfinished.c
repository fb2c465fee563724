#include "store/unfinished.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "plan/plan.h"
#include "store/older.h"

/* A sum, since the order of keys makes no difference. */
static uint64_t hash_permutation(const struct value *keys)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        if (plan_compares_key(key))
            sum += hash_number(hash_bytes(0, key, strlen(key)), plan_value_hash(key, value_item(keys, i)));
    }
    return sum;
}

static struct unfinished_place *first_of(const struct unfinished *unfinished, uint64_t hash)
{
    const uint64_t *position = text_map_get(&unfinished->index, (const char *)&hash, sizeof hash);
    return position ? &unfinished->places.items[*position] : NULL;
}

static struct unfinished_place *next_of(const struct unfinished *unfinished,
                                        const struct unfinished_place *place)
{
    return place->next ? &unfinished->places.items[place->next] : NULL;
}

/* Two permutations can have one hash. The run's own record tells them apart; a copy of each here would take
 * more memory than all else of a million failed runs. */
static bool is_of(const struct unfinished *unfinished, const struct unfinished_run *run,
                  const struct value *keys)
{
    struct error ignored;
    CLEANUP(memory_free) char *folder = file_join(unfinished->log_dir, run->directory);
    CLEANUP(store_run_record_free) struct run_record record = {0};
    return store_run_record_read(&record, folder, &ignored) && record.content &&
           store_older_is_of(&record, keys);
}

static void free_texts(struct unfinished_run *run)
{
    free(run->name);
    free(run->label);
    free(run->directory);
    *run = (struct unfinished_run){.id = -1};
}

/* A new place behind those of the same hash. */
static struct unfinished_place *add_place(struct unfinished *unfinished, uint64_t hash)
{
    size_t at = unfinished->places.count;
    /* The analyzer takes the address of an item that it finds NULL for a sign that there are no items. */
    vector_push(&unfinished->places, // NOLINT(clang-analyzer-core.NullDereference)
                ((struct unfinished_place){.run = {.id = -1}}));
    struct unfinished_place *last = first_of(unfinished, hash);
    if (!last)
        text_map_put(&unfinished->index, (const char *)&hash, sizeof hash, at);
    while (last && last->next)
        last = next_of(unfinished, last);
    if (last)
        last->next = at;
    return &unfinished->places.items[at];
}

/* The place of this run or permutation; else one that was dropped, or a new one. */
static struct unfinished_place *place_for(struct unfinished *unfinished, const struct value *keys, int64_t id)
{
    uint64_t hash = hash_permutation(keys);
    struct unfinished_place *dropped = NULL;
    for (struct unfinished_place *place = first_of(unfinished, hash); place;
         place = next_of(unfinished, place)) {
        if (!place->run.name)
            dropped = place;
        else if (place->run.id == id || is_of(unfinished, &place->run, keys))
            return place;
    }
    return dropped ? dropped : add_place(unfinished, hash);
}

void store_unfinished_put(struct unfinished *unfinished, const struct value *keys,
                          const struct unfinished_run *run)
{
    struct unfinished_run *place = &place_for(unfinished, keys, run->id)->run;
    if (place->name && place->id < run->id)
        return;
    unfinished->count += !place->name;
    free_texts(place);
    *place = (struct unfinished_run){run->id, run->attempts, memory_copy_text(run->name),
                                     memory_copy_text(run->label), memory_copy_text(run->directory)};
}

const struct unfinished_run *store_unfinished_find(const struct unfinished *unfinished,
                                                   const struct value *keys)
{
    const struct unfinished_place *place =
        unfinished->count ? first_of(unfinished, hash_permutation(keys)) : NULL;
    for (; place; place = next_of(unfinished, place))
        if (place->run.name && is_of(unfinished, &place->run, keys))
            return &place->run;
    return NULL;
}

void store_unfinished_drop(struct unfinished *unfinished, const struct value *keys, int64_t id)
{
    struct unfinished_place *place = unfinished->count ? first_of(unfinished, hash_permutation(keys)) : NULL;
    while (place && !(place->run.name && place->run.id == id))
        place = next_of(unfinished, place);
    if (!place)
        return;
    free_texts(&place->run);
    unfinished->count--;
}

void store_unfinished_free(struct unfinished *unfinished)
{
    for (size_t i = 0; i < unfinished->places.count; i++)
        free_texts(&unfinished->places.items[i].run);
    vector_free(&unfinished->places);
    text_map_free(&unfinished->index);
}
