/*
 * Builds a diagram from the top, depth first. A state is the level and the set of remainders that earlier
 * choices brought to life; whole entries that begin further down are alive in every state, and so in none.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "plan/diagram_nodes.h"
#include "plan/remainder.h"
#include "plan/states.h"

/* A step of a tail takes as long as some 16 words. */
enum { step_work = 16 };

struct builder {
    struct diagram *diagram;
    const struct remainders *remainders; /* the diagram's */
    uint64_t **states;                   /* one a level and the end: the set */
    uint32_t **children;                 /* one a level: the child of each group of values */
    size_t free_level;                   /* from here on no entry begins */
    bool with_tails;
    struct states known_states;
    struct node_table known_nodes;
    size_t limit;
    uint64_t work, work_limit; /* words and edges looked at */
    uint64_t tail_work_limit;  /* of plan_tail_work() */
};

static bool is_empty(const struct builder *builder, const uint64_t *set)
{
    for (size_t i = 0; i < builder->remainders->words; i++)
        if (set[i])
            return false;
    return true;
}

/* Appends the edges of a node to the diagram's. Returns the kept permutations from the node on. */
static uint64_t add_edges(struct builder *builder, size_t level)
{
    struct diagram *diagram = builder->diagram;
    const struct level_values *values = &builder->remainders->levels[level];
    uint64_t before = 0;
    uint32_t last_child = 0;
    for (size_t i = 0; i < values->span_count; i++) {
        uint32_t first = values->spans[i].first;
        uint32_t end = i + 1 < values->span_count ? values->spans[i + 1].first : diagram->sizes[level];
        uint32_t child = builder->children[level][values->spans[i].group];
        if (i == 0 || child != last_child)
            vector_push(&diagram->edges, ((struct diagram_edge){before, first, child}));
        before += (end - first) * diagram_paths(diagram, child, level + 1);
        last_child = child;
    }
    return before;
}

/* The node for the children that were found at this level. */
static uint32_t make_node(struct builder *builder, size_t level)
{
    struct diagram *diagram = builder->diagram;
    size_t first_edge = diagram->edges.count, nodes = diagram->nodes.count;
    uint64_t count = add_edges(builder, level);
    size_t edge_count = diagram->edges.count - first_edge;
    uint32_t node = diagram->edges.items[first_edge].child;
    bool needed = edge_count > 1 || node < NODE_EVERYTHING;
    if (needed)
        node = plan_nodes_find(&builder->known_nodes, diagram,
                               (struct diagram_node){count, (uint32_t)first_edge, (uint32_t)edge_count});
    if (diagram->nodes.count == nodes)
        diagram->edges.count = first_edge;
    return node;
}

/* Of the diagram and the tables, with what their growth leaves unused. */
static size_t memory_used(const struct builder *builder)
{
    const struct diagram *diagram = builder->diagram;
    return plan_states_memory(&builder->known_states) +
           builder->known_nodes.capacity * sizeof *builder->known_nodes.slots +
           diagram->nodes.capacity * sizeof *diagram->nodes.items +
           diagram->edges.capacity * sizeof *diagram->edges.items +
           diagram->tails.capacity * sizeof *diagram->tails.items;
}

static bool over_limit(const struct builder *builder)
{
    return memory_used(builder) > builder->limit || builder->work > builder->work_limit;
}

static uint32_t build(struct builder *builder, size_t level);

static uint32_t build_child(struct builder *builder, size_t level, size_t group) // NOLINT(misc-no-recursion)
{
    bool kept = plan_remainders_advance(builder->remainders, level, group, builder->states[level],
                                        builder->states[level + 1]);
    return kept ? build(builder, level + 1) : NODE_NOTHING;
}

/* Whether few enough entries are open for the levels from here on to need no nodes; *node is the tail then.
 */
static bool find_tail(struct builder *builder, size_t level, uint32_t *node)
{
    struct diagram *diagram = builder->diagram;
    if (!builder->with_tails)
        return false;
    struct tail tail;
    diagram_begin_tail(diagram, level, &tail);
    bool is_small = plan_tail_make(&tail, builder->remainders, builder->states[level]) &&
                    plan_tail_work(&tail) <= builder->tail_work_limit;
    uint64_t count = is_small ? plan_tail_count(&tail) : 0;
    builder->work += step_work * tail.steps;
    if (!is_small)
        return false;
    *node = NODE_NOTHING;
    if (count > 0) {
        *node = NODE_TAILS + (uint32_t)diagram->tails.count;
        vector_push(&diagram->tails, count);
    }
    return true;
}

/* The node of builder->states[level]. The result means nothing once the limit is passed. At most 62 levels
 * deep, since each at least doubles the product. */
static uint32_t build(struct builder *builder, size_t level) // NOLINT(misc-no-recursion)
{
    if (level >= builder->free_level && is_empty(builder, builder->states[level]))
        return NODE_EVERYTHING;
    uint32_t known;
    if (find_tail(builder, level, &known))
        return known;
    const size_t words = builder->remainders->words;
    if (plan_states_find(&builder->known_states, level, builder->states[level], words, &known))
        return known;

    const struct level_values *values = &builder->remainders->levels[level];
    builder->work += values->span_count + values->group_count * (1 + words);
    for (size_t i = 0; i < values->group_count && !over_limit(builder); i++)
        builder->children[level][i] = build_child(builder, level, i);
    if (over_limit(builder))
        return NODE_NOTHING;

    uint32_t node = make_node(builder, level);
    plan_states_add(&builder->known_states, level, builder->states[level], words, node);
    return node;
}

static void start(struct builder *builder)
{
    const struct remainders *remainders = builder->remainders;
    size_t levels = remainders->level_count;
    builder->states = memory_new(levels + 1, sizeof *builder->states);
    builder->children = memory_new(levels, sizeof *builder->children);
    for (size_t i = 0; i <= levels; i++)
        builder->states[i] = memory_new(remainders->words, sizeof **builder->states);
    for (size_t i = 0; i < levels; i++)
        builder->children[i] = memory_new(remainders->levels[i].group_count, sizeof **builder->children);
    if (remainders->whole_count > 0)
        builder->free_level = remainders->items[remainders->whole[remainders->whole_count - 1]].level + 1;
}

static void finish(struct builder *builder)
{
    size_t levels = builder->remainders->level_count;
    for (size_t i = 0; i <= levels; i++)
        free(builder->states[i]);
    for (size_t i = 0; i < levels; i++)
        free(builder->children[i]);
    free(builder->states);
    free(builder->children);
    plan_states_free(&builder->known_states);
    free(builder->known_nodes.slots);
}

static bool excludes_everything(const struct exclusions *exclusions)
{
    for (size_t i = 0; i < exclusions->count; i++)
        if (exclusions->items[i].count == 0)
            return true;
    return false;
}

static void drop(struct diagram *diagram)
{
    vector_free(&diagram->nodes);
    vector_free(&diagram->edges);
    vector_free(&diagram->tails);
}

bool plan_diagram_build(struct diagram *diagram, const struct axes *axes, const struct exclusions *exclusions,
                        bool with_tails, size_t limit)
{
    diagram->root = NODE_NOTHING;
    if (excludes_everything(exclusions))
        return true;

    plan_remainders_make(&diagram->remainders, axes, exclusions, &diagram->arrangement);
    struct builder builder = {.diagram = diagram,
                              .remainders = &diagram->remainders,
                              .with_tails = with_tails && diagram->remainders.words <= TAIL_WORDS,
                              .limit = limit,
                              .work_limit = 8 * (uint64_t)limit,
                              .tail_work_limit = 8 + limit / 4096};
    start(&builder);
    diagram->root = build(&builder, 0);
    bool built = !over_limit(&builder);
    finish(&builder);
    if (!built)
        drop(diagram);
    if (diagram->tails.count == 0)
        plan_remainders_free(&diagram->remainders);
    return built;
}
