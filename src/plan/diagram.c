#include "plan/diagram.h"

#include <stdlib.h>

#include "base/memory.h"
#include "plan/diagram_nodes.h"

/* Bytes: as long as a diagram is small, it is faster to walk with a node for everything. */
static const size_t most_without_tails = 1 << 20;

static void measure_levels(struct diagram *diagram, const struct axes *axes)
{
    size_t levels = diagram->arrangement.count;
    diagram->sizes = memory_new(levels, sizeof *diagram->sizes);
    diagram->below = memory_new(levels + 1, sizeof *diagram->below);
    diagram->below[levels] = 1;
    for (size_t i = levels; i-- > 0;) {
        diagram->sizes[i] = (uint32_t)axes->items[diagram->arrangement.axes[i]].count;
        diagram->below[i] = diagram->below[i + 1] * diagram->sizes[i];
    }
}

/* NULL past the limit. */
static struct diagram *try_build(const struct axes *axes, const struct exclusions *exclusions,
                                 enum arrange_for purpose, bool with_tails, size_t limit)
{
    struct diagram *diagram = memory_new(1, sizeof *diagram);
    diagram->axis_count = axes->count;
    plan_arrange(&diagram->arrangement, axes, exclusions, purpose);
    measure_levels(diagram, axes);
    if (plan_diagram_build(diagram, axes, exclusions, with_tails, limit))
        return diagram;
    plan_diagram_destroy(diagram);
    return NULL;
}

struct diagram *plan_diagram_create(const struct axes *axes, const struct exclusions *exclusions,
                                    bool config_order, size_t limit)
{
    size_t small = limit < most_without_tails ? limit : most_without_tails;
    struct diagram *diagram =
        try_build(axes, exclusions, config_order ? ARRANGE_CONFIG : ARRANGE_NODES, false, small);
    if (!diagram)
        diagram = try_build(axes, exclusions, config_order ? ARRANGE_CONFIG : ARRANGE_TAILS, true, limit);
    if (!diagram && !config_order)
        diagram = try_build(axes, exclusions, ARRANGE_NODES, true, limit / 2);
    return diagram;
}

void plan_diagram_destroy(struct diagram *diagram)
{
    if (!diagram)
        return;
    plan_arrangement_free(&diagram->arrangement);
    free(diagram->sizes);
    free(diagram->below);
    vector_free(&diagram->nodes);
    vector_free(&diagram->edges);
    vector_free(&diagram->tails);
    plan_remainders_free(&diagram->remainders);
    free(diagram);
}

uint64_t plan_diagram_count(const struct diagram *diagram)
{
    return diagram_paths(diagram, diagram->root, 0);
}

size_t plan_diagram_node_count(const struct diagram *diagram)
{
    return diagram->nodes.count;
}

size_t plan_diagram_tail_count(const struct diagram *diagram)
{
    return diagram->tails.count;
}

/* The last edge with at most `rank` kept permutations before it. An edge to nothing is never it, because the
 * next edge, or the end, has as many before. */
static const struct diagram_edge *edge_of_rank(const struct diagram *diagram, uint32_t node, uint64_t rank)
{
    const struct diagram_node *at = &diagram->nodes.items[node];
    const struct diagram_edge *edges = &diagram->edges.items[at->first_edge];
    size_t low = 0, high = at->edge_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (edges[middle].before <= rank)
            low = middle;
        else
            high = middle;
    }
    return &edges[low];
}

static const struct diagram_edge *edge_of_value(const struct diagram *diagram, uint32_t node, uint32_t value)
{
    const struct diagram_node *at = &diagram->nodes.items[node];
    const struct diagram_edge *edges = &diagram->edges.items[at->first_edge];
    size_t low = 0, high = at->edge_count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (edges[middle].first <= value)
            low = middle;
        else
            high = middle;
    }
    return &edges[low];
}

/* The tail at this level behind what is chosen above it. */
static void find_tail(const struct diagram *diagram, size_t level, const uint32_t *levels, struct tail *tail)
{
    uint64_t sets[2][TAIL_WORDS] = {0};
    for (size_t i = 0; i < level; i++)
        plan_remainders_advance(&diagram->remainders, i,
                                plan_remainders_group(&diagram->remainders, i, levels[i]), sets[i % 2],
                                sets[(i + 1) % 2]);
    diagram_begin_tail(diagram, level, tail);
    plan_tail_make(tail, &diagram->remainders, sets[level % 2]);
    plan_tail_sort(tail);
}

static const struct diagram_edge everything = {.child = UINT32_MAX - 1 /* NODE_EVERYTHING */};

/* The value of each level; below a tail's level it is the tail that tells. */
static void unrank_levels(const struct diagram *diagram, uint64_t rank, uint32_t *levels)
{
    uint32_t node = diagram->root;
    for (size_t level = 0; level < diagram->arrangement.count; level++) {
        if (diagram_is_tail(node)) {
            struct tail tail;
            find_tail(diagram, level, levels, &tail);
            plan_tail_unrank(&tail, rank, levels);
            return;
        }
        const struct diagram_edge *edge =
            node == NODE_EVERYTHING ? &everything : edge_of_rank(diagram, node, rank);
        uint64_t paths = diagram_paths(diagram, edge->child, level + 1);
        if (paths == 0)
            return; /* a rank past the count */
        rank -= edge->before;
        levels[level] = edge->first + (uint32_t)(rank / paths);
        rank %= paths;
        node = edge->child;
    }
}

void plan_diagram_unrank(const struct diagram *diagram, uint64_t rank, uint32_t *choice)
{
    uint32_t levels[TAIL_LEVELS] = {0};
    unrank_levels(diagram, rank, levels);
    for (size_t i = 0; i < diagram->axis_count; i++)
        choice[i] = 0;
    for (size_t level = 0; level < diagram->arrangement.count; level++)
        choice[diagram->arrangement.axes[level]] = levels[level];
}

bool plan_diagram_rank(const struct diagram *diagram, const uint32_t *choice, uint64_t *rank)
{
    uint32_t levels[TAIL_LEVELS];
    for (size_t level = 0; level < diagram->arrangement.count; level++)
        levels[level] = choice[diagram->arrangement.axes[level]];

    uint32_t node = diagram->root;
    *rank = 0;
    for (size_t level = 0; level < diagram->arrangement.count && node != NODE_NOTHING; level++) {
        if (diagram_is_tail(node)) {
            struct tail tail;
            uint64_t within;
            find_tail(diagram, level, levels, &tail);
            bool kept = plan_tail_rank(&tail, levels, &within);
            *rank += within;
            return kept;
        }
        const struct diagram_edge *edge =
            node == NODE_EVERYTHING ? &everything : edge_of_value(diagram, node, levels[level]);
        *rank +=
            edge->before + (levels[level] - edge->first) * diagram_paths(diagram, edge->child, level + 1);
        node = edge->child;
    }
    return node != NODE_NOTHING;
}
