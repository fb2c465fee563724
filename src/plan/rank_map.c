#include <stdlib.h>

#include "base/memory.h"
#include "plan/translation.h"

struct rank_map {
    struct plan *from, *to;
    struct translation translation;
    uint32_t *here, *there; /* the choice that is looked up */
};

struct rank_map *rank_map_create(struct plan *from, struct plan *to)
{
    struct rank_map *map = memory_new(1, sizeof *map);
    map->from = plan_ref(from);
    map->to = plan_ref(to);
    map->here = memory_new(from->axes.count, sizeof *map->here);
    map->there = memory_new(to->axes.count, sizeof *map->there);
    plan_translate(&map->translation, from, to);
    return map;
}

void rank_map_destroy(struct rank_map *map)
{
    if (!map)
        return;
    plan_translation_free(&map->translation);
    plan_unref(map->from);
    plan_unref(map->to);
    free(map->here);
    free(map->there);
    free(map);
}

bool rank_map_find(const struct rank_map *map, uint64_t here, uint64_t *there)
{
    plan_unrank(map->from, here, map->here);
    return plan_translation_apply(&map->translation, map->here, map->there) &&
           plan_rank(map->to, map->there, there);
}
