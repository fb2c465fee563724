#include "plan/diagram.h"

#include <stdlib.h>

#include "base/memory.h"
#include "plan/diagram_nodes.h"

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

struct diagram *plan_diagram_create(const struct axes *axes, const struct exclusions *exclusions,
                                    bool config_order, size_t limit)
{
    struct diagram *diagram = memory_new(1, sizeof *diagram);
    diagram->axis_count = axes->count;
    plan_arrange(&diagram->arrangement, axes, exclusions, config_order);
    measure_levels(diagram, axes);
    if (plan_diagram_build(diagram, axes, exclusions, limit))
        return diagram;
    plan_diagram_destroy(diagram);
    return NULL;
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

static const struct diagram_edge everything = {.child = NODE_EVERYTHING};

void plan_diagram_unrank(const struct diagram *diagram, uint64_t rank, uint32_t *choice)
{
    for (size_t i = 0; i < diagram->axis_count; i++)
        choice[i] = 0;

    uint32_t node = diagram->root;
    for (size_t level = 0; level < diagram->arrangement.count; level++) {
        const struct diagram_edge *edge =
            node == NODE_EVERYTHING ? &everything : edge_of_rank(diagram, node, rank);
        uint64_t paths = diagram_paths(diagram, edge->child, level + 1);
        if (paths == 0)
            return; /* a rank past the count */
        rank -= edge->before;
        choice[diagram->arrangement.axes[level]] = edge->first + (uint32_t)(rank / paths);
        rank %= paths;
        node = edge->child;
    }
}

bool plan_diagram_rank(const struct diagram *diagram, const uint32_t *choice, uint64_t *rank)
{
    uint64_t sum = 0;
    uint32_t node = diagram->root;
    for (size_t level = 0; level < diagram->arrangement.count && node != NODE_NOTHING; level++) {
        uint32_t value = choice[diagram->arrangement.axes[level]];
        const struct diagram_edge *edge =
            node == NODE_EVERYTHING ? &everything : edge_of_value(diagram, node, value);
        sum += edge->before + (value - edge->first) * diagram_paths(diagram, edge->child, level + 1);
        node = edge->child;
    }
    *rank = sum;
    return node != NODE_NOTHING;
}
