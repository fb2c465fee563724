/* Keeps each node of a diagram once. */
#include "plan/diagram_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

static uint64_t hash_node(const struct diagram *diagram, const struct diagram_node *node)
{
    const struct diagram_edge *edges = &diagram->edges.items[node->first_edge];
    return hash_bytes(node->count, edges, node->edge_count * sizeof *edges);
}

/* Nodes of two levels may be equal, too: then counts and children are right for both. */
static bool same_node(const struct diagram *diagram, const struct diagram_node *a,
                      const struct diagram_node *b)
{
    const struct diagram_edge *edges = diagram->edges.items;
    return a->count == b->count && a->edge_count == b->edge_count &&
           memcmp(&edges[a->first_edge], &edges[b->first_edge], a->edge_count * sizeof *edges) == 0;
}

/* The slot that holds an equal node, or the free slot where it would go. */
static uint32_t *find_slot(const struct node_table *table, const struct diagram *diagram,
                           const struct diagram_node *node)
{
    size_t mask = table->capacity - 1;
    for (size_t i = hash_node(diagram, node) & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &table->slots[i];
        if (*slot == 0 || same_node(diagram, &diagram->nodes.items[*slot - 1], node))
            return slot;
    }
}

static void grow_table(struct node_table *table, const struct diagram *diagram)
{
    free(table->slots);
    table->capacity = table->capacity ? 2 * table->capacity : 64;
    table->slots = memory_new(table->capacity, sizeof *table->slots);
    for (size_t i = 0; i < diagram->nodes.count; i++)
        *find_slot(table, diagram, &diagram->nodes.items[i]) = (uint32_t)i + 1;
}

uint32_t plan_nodes_find(struct node_table *table, struct diagram *diagram, struct diagram_node node)
{
    if (2 * diagram->nodes.count >= table->capacity)
        grow_table(table, diagram);
    uint32_t *slot = find_slot(table, diagram, &node);
    if (*slot)
        return *slot - 1;

    vector_push(&diagram->nodes, node);
    *slot = (uint32_t)diagram->nodes.count;
    return *slot - 1;
}
