#include "store/unfinished.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plan.h"

/* A sum, since the order of keys makes no difference. */
static uint64_t hash_permutation(const struct value *keys)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < value_count(keys); i++) {
        const char *key = value_key(keys, i);
        if (plan_compares_key(key))
            sum += hash_number(hash_bytes(0, key, strlen(key)), value_hash(value_item(keys, i)));
    }
    return sum;
}

static struct unfinished_run *find(const struct unfinished *unfinished, uint64_t hash)
{
    const uint64_t *position = text_map_get(&unfinished->index, (const char *)&hash, sizeof hash);
    return position ? &unfinished->runs.items[*position] : NULL;
}

static void free_texts(struct unfinished_run *run)
{
    free(run->name);
    free(run->label);
    free(run->directory);
    *run = (struct unfinished_run){.id = -1};
}

void store_unfinished_put(struct unfinished *unfinished, const struct value *keys,
                          const struct unfinished_run *run)
{
    uint64_t hash = hash_permutation(keys);
    struct unfinished_run *place = find(unfinished, hash);
    if (!place) {
        text_map_put(&unfinished->index, (const char *)&hash, sizeof hash, unfinished->runs.count);
        vector_push(&unfinished->runs, ((struct unfinished_run){.id = -1}));
        place = &unfinished->runs.items[unfinished->runs.count - 1];
    }
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
    if (unfinished->count == 0)
        return NULL;
    const struct unfinished_run *run = find(unfinished, hash_permutation(keys));
    return run && run->name ? run : NULL;
}

void store_unfinished_drop(struct unfinished *unfinished, const struct value *keys)
{
    struct unfinished_run *run = unfinished->count ? find(unfinished, hash_permutation(keys)) : NULL;
    if (!run || !run->name)
        return;
    free_texts(run);
    unfinished->count--;
}

void store_unfinished_free(struct unfinished *unfinished)
{
    for (size_t i = 0; i < unfinished->runs.count; i++)
        free_texts(&unfinished->runs.items[i]);
    vector_free(&unfinished->runs);
    text_map_free(&unfinished->index);
}
