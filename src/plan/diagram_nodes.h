/* How a diagram is stored; for diagram.c, which walks it, and diagram_build.c, which makes it. */
#pragma once
#include "base/vector.h"
#include "plan/arrange.h"
#include "plan/diagram.h"
#include "plan/remainder.h"
#include "plan/tail.h"

/* Node numbers that need no node: nothing below is kept, everything below is kept; and from NODE_TAILS on the
 * tails, of which only the count is stored. */
static const uint32_t NODE_NOTHING = UINT32_MAX, NODE_EVERYTHING = UINT32_MAX - 1, NODE_TAILS = 1U << 31;

/* From the value `first` up to the next edge's first. */
struct diagram_edge {
    uint64_t before; /* kept permutations of the node with a lower value */
    uint32_t first;
    uint32_t child;
};

struct diagram_node {
    uint64_t count; /* kept permutations from here on */
    uint32_t first_edge, edge_count;
};

struct diagram {
    struct arrangement arrangement;
    size_t axis_count;
    uint32_t *sizes; /* values of each level's axis */
    uint64_t *below; /* for each level and the end: the product of the sizes from there on */
    VECTOR(struct diagram_node) nodes;
    VECTOR(struct diagram_edge) edges;
    VECTOR(uint64_t) tails;       /* their counts of kept permutations */
    struct remainders remainders; /* what leads to a tail's set; kept only when there are tails */
    uint32_t root;
};

static inline bool diagram_is_tail(uint32_t node)
{
    return node >= NODE_TAILS && node < NODE_EVERYTHING;
}

/* Kept permutations from a node at that level on. */
static inline uint64_t diagram_paths(const struct diagram *diagram, uint32_t node, size_t level)
{
    if (node == NODE_NOTHING)
        return 0;
    if (node == NODE_EVERYTHING)
        return diagram->below[level];
    return diagram_is_tail(node) ? diagram->tails.items[node - NODE_TAILS] : diagram->nodes.items[node].count;
}

/* Sets where a tail begins and what it borrows. */
static inline void diagram_begin_tail(const struct diagram *diagram, size_t level, struct tail *tail)
{
    tail->first = level;
    tail->end = diagram->arrangement.count;
    tail->sizes = diagram->sizes;
    tail->below = diagram->below;
}

/* Nodes by their edges, while a diagram is built: open addressing with linear probing, at most half full. */
struct node_table {
    uint32_t *slots; /* node + 1; 0 is free; free() them */
    size_t capacity;
};

/* An equal node that is there, or this one, added; its edges must be the diagram's. */
uint32_t plan_nodes_find(struct node_table *table, struct diagram *diagram, struct diagram_node node);

/* Makes nodes, edges, tails when they are asked for, and root. False past the limit; nothing is left then. */
bool plan_diagram_build(struct diagram *diagram, const struct axes *axes, const struct exclusions *exclusions,
                        bool with_tails, size_t limit);
