#include <stdlib.h>

#include "base/memory.h"
#include "plan/plan.h"

enum { rounds = 6 };

struct order {
    struct plan *plan;
    uint64_t (*rank_at)(const struct order *order, uint64_t i);
    uint64_t count;
    uint64_t next; /* i of the next look */
    uint64_t step; /* of the golden-section sequence */
    uint64_t seed;
    unsigned half_bits; /* of the shuffle's domain, the least even power of two that holds count */
};

static uint64_t config_rank(const struct order *order, uint64_t i)
{
    (void)order;
    return i;
}

/* The golden-section sequence (Knuth, TAOCP 3, 6.4): each next one falls into the widest gap that is left. */
static uint64_t spread_rank(const struct order *order, uint64_t i)
{
    return (uint64_t)((unsigned __int128)i * order->step % order->count);
}

/* A Feistel network (Luby and Rackoff 1988). */
static uint64_t permute(const struct order *order, uint64_t number)
{
    uint64_t mask = (UINT64_C(1) << order->half_bits) - 1;
    uint64_t left = number >> order->half_bits, right = number & mask;
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t mixed = left ^ (hash_number(hash_number(order->seed, round), right) & mask);
        left = right;
        right = mixed;
    }
    return left << order->half_bits | right;
}

/* Cycle walking (Black and Rogaway 2002): what falls outside goes round again, four times on average at most,
 * and comes back since the cycle began inside. */
static uint64_t shuffle_rank(const struct order *order, uint64_t i)
{
    uint64_t rank = permute(order, i);
    while (rank >= order->count)
        rank = permute(order, rank);
    return rank;
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* step >= count/phi, that is 2 step + count >= count sqrt(5). */
static bool reaches_golden_section(uint64_t step, uint64_t count)
{
    unsigned __int128 sum = 2 * (unsigned __int128)step + count;
    return sum * sum >= 5 * (unsigned __int128)count * count;
}

/* The first integer from count/phi on that is coprime to count. */
static uint64_t golden_step(uint64_t count)
{
    static const uint64_t inverse_phi = UINT64_C(0x9e3779b97f4a7c15); /* times 2^64, rounded down */
    uint64_t step = (uint64_t)((unsigned __int128)count * inverse_phi >> 64) + 1;
    while (!reaches_golden_section(step, count) || greatest_common_divisor(step, count) != 1)
        step++;
    return step;
}

static unsigned half_bits(uint64_t count)
{
    unsigned bits = 0;
    while (UINT64_C(1) << 2 * bits < count)
        bits++;
    return bits;
}

struct order *order_create(struct plan *plan)
{
    static uint64_t (*const ranks[])(const struct order *, uint64_t) = {
        [ORDER_SPREAD] = spread_rank, [ORDER_SHUFFLE] = shuffle_rank, [ORDER_CONFIG] = config_rank};
    struct order *order = memory_new(1, sizeof *order);
    order->plan = plan_ref(plan);
    order->rank_at = ranks[config_meta(plan_config(plan))->order];
    order->count = plan_count(plan);
    order->step = golden_step(order->count);
    order->seed = (uint64_t)config_seed(plan_config(plan));
    order->half_bits = half_bits(order->count);
    return order;
}

void order_destroy(struct order *order)
{
    if (!order)
        return;
    plan_unref(order->plan);
    free(order);
}

enum order_step order_search(struct order *order, order_is_taken *is_taken, const void *taken, uint64_t most,
                             uint64_t *rank)
{
    for (; order->next < order->count && most > 0; most--) {
        *rank = order->rank_at(order, order->next++);
        if (is_taken(taken, *rank))
            continue;
        if (plan_keeps(order->plan, *rank))
            return ORDER_FOUND;
        if (order->rank_at == config_rank)
            order->next = plan_pass_excluded(order->plan, *rank);
    }
    return order->next < order->count ? ORDER_LATER : ORDER_END;
}

static bool is_in_set(const void *set, uint64_t rank)
{
    return number_set_has(set, rank);
}

bool order_next(struct order *order, const struct number_set *taken, uint64_t *rank)
{
    return order_search(order, is_in_set, taken, UINT64_MAX, rank) == ORDER_FOUND;
}

uint64_t order_looked_at(const struct order *order)
{
    return order->next;
}

uint64_t order_at(const struct order *order, uint64_t i)
{
    return order->rank_at(order, i);
}
