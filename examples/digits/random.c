#include "random.h"

#include <math.h>

uint64_t random_next(struct random *random)
{
    uint64_t mixed = random->state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

size_t random_below(struct random *random, size_t bound)
{
    return (size_t)((random_next(random) >> 32) * bound >> 32);
}

float random_uniform(struct random *random)
{
    return (float)(random_next(random) >> 40) * 0x1p-24f;
}

/* Box and Muller 1958. */
float random_normal(struct random *random)
{
    static const float turn = 6.28318531f;
    float radius = sqrtf(-2 * logf(1 - random_uniform(random)));
    return radius * cosf(turn * random_uniform(random));
}

void random_shuffle(struct random *random, size_t *items, size_t count)
{
    for (size_t left = count; left > 1; left--) {
        size_t chosen = random_below(random, left);
        size_t swapped = items[chosen];
        items[chosen] = items[left - 1];
        items[left - 1] = swapped;
    }
}
