#include "run/taken.h"

static void end_following(struct taken *taken)
{
    number_set_free(&taken->before);
    rank_map_destroy(taken->forth);
    rank_map_destroy(taken->back);
    taken->forth = taken->back = NULL;
    taken->at = taken->left = 0;
}

void taken_free(struct taken *taken)
{
    end_following(taken);
    number_set_free(&taken->now);
}

bool taken_has(const struct taken *taken, uint64_t rank)
{
    uint64_t before;
    if (number_set_has(&taken->now, rank))
        return true;
    return taken->left > 0 && rank_map_find(taken->back, rank, &before) &&
           number_set_has(&taken->before, before);
}

void taken_add(struct taken *taken, uint64_t rank)
{
    number_set_add(&taken->now, rank);
}

void taken_remove(struct taken *taken, uint64_t rank)
{
    number_set_remove(&taken->now, rank);
}

uint64_t taken_count(const struct taken *taken)
{
    return taken->now.count + taken->left;
}

void taken_replace(struct taken *taken, struct number_set *ranks)
{
    taken_free(taken);
    taken->now = *ranks;
    *ranks = (struct number_set){0};
}

void taken_follow(struct taken *taken, struct rank_map *forth, struct rank_map *back)
{
    taken->before = taken->now;
    taken->now = (struct number_set){0};
    taken->left = taken->before.count;
    taken->forth = forth;
    taken->back = back;
}

bool taken_step(struct taken *taken, size_t most, uint64_t *gone)
{
    enum { at_once = 256 };
    uint64_t before, now[at_once];
    while (taken->left > 0 && most > 0) {
        size_t count = 0;
        for (; count < at_once && taken->left > 0 && most > 0; taken->left--, most--) {
            number_set_next(&taken->before, &taken->at, &before);
            if (rank_map_find(taken->forth, before, &now[count]))
                count++;
            else
                ++*gone;
        }
        number_set_add_all(&taken->now, now, count);
    }
    if (taken->left == 0)
        end_following(taken);
    return taken->left > 0;
}
