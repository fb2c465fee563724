/*
 * Builds a diagram from the top, depth first. A state is the level and the set of remainders that earlier
 * choices brought to life; whole entries that begin further down are alive in every state, and so in none.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "plan/diagram_nodes.h"
#include "plan/remainder.h"

/* What a state costs beside its key: the slot of a table at its thinnest, and the allocation. */
enum { state_cost = 96 };

struct builder {
    struct diagram *diagram;
    struct remainders remainders;
    size_t words;        /* of a set */
    uint64_t **states;   /* one a level and the end: the set */
    uint64_t **here;     /* one a level: the remainders that begin there */
    uint32_t **children; /* one a level: the child of each group of values */
    size_t free_level;   /* from here on no entry begins */
    struct text_map known_states;
    struct node_table known_nodes;
    size_t state_bytes, limit;
    uint64_t work, work_limit; /* words and edges looked at */
};

static bool is_empty(const struct builder *builder, const uint64_t *set)
{
    for (size_t i = 0; i < builder->words; i++)
        if (set[i])
            return false;
    return true;
}

static bool has(const uint64_t *set, uint32_t bit)
{
    return set[bit / 64] >> (bit % 64) & 1;
}

static void add(uint64_t *set, uint32_t bit)
{
    set[bit / 64] |= UINT64_C(1) << (bit % 64);
}

/* Makes the state of the next level for one group of values. Returns false when an entry is matched. */
static bool advance(struct builder *builder, size_t level, size_t group)
{
    const struct level_values *values = &builder->remainders.levels[level];
    const uint64_t *set = builder->states[level];
    uint64_t *next = builder->states[level + 1];

    for (size_t i = 0; i < builder->words; i++)
        next[i] = set[i] & ~builder->here[level][i];
    for (size_t i = values->group_starts[group]; i < values->group_starts[group + 1]; i++) {
        const struct remainder *matched = &builder->remainders.items[values->matched[i]];
        if (!matched->whole && !has(set, matched->bit))
            continue;
        if (matched->next == REMAINDER_NONE)
            return false;
        /* A whole entry is alive there anyway. */
        const struct remainder *rest = &builder->remainders.items[matched->next];
        if (!rest->whole)
            add(next, rest->bit);
    }
    return true;
}

/* Appends the edges of a node to the diagram's. Returns the kept permutations from the node on. */
static uint64_t add_edges(struct builder *builder, size_t level)
{
    struct diagram *diagram = builder->diagram;
    const struct level_values *values = &builder->remainders.levels[level];
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

/* A state's key: the level, then the words that are not zero, each after its index. */
static void add_key(const struct builder *builder, size_t level, struct text *key)
{
    const uint64_t *set = builder->states[level];
    text_add_bytes(key, (const char *)&level, sizeof level);
    for (size_t i = 0; i < builder->words; i++)
        if (set[i]) {
            text_add_bytes(key, (const char *)&i, sizeof i);
            text_add_bytes(key, (const char *)&set[i], sizeof set[i]);
        }
}

/* Of the diagram and the tables, with what their growth leaves unused. */
static size_t memory_used(const struct builder *builder)
{
    const struct diagram *diagram = builder->diagram;
    return builder->state_bytes + builder->known_nodes.capacity * sizeof *builder->known_nodes.slots +
           diagram->nodes.capacity * sizeof *diagram->nodes.items +
           diagram->edges.capacity * sizeof *diagram->edges.items;
}

static bool over_limit(const struct builder *builder)
{
    return memory_used(builder) > builder->limit || builder->work > builder->work_limit;
}

/* The node of builder->states[level]. The result means nothing once the limit is passed. At most 62 levels
 * deep, since each at least doubles the product. */
static uint32_t build(struct builder *builder, size_t level) // NOLINT(misc-no-recursion)
{
    if (level >= builder->free_level && is_empty(builder, builder->states[level]))
        return NODE_EVERYTHING;
    CLEANUP(text_free) struct text key = {0};
    add_key(builder, level, &key);
    const uint64_t *known = text_map_get(&builder->known_states, key.data, key.len);
    if (known)
        return (uint32_t)*known;

    const struct level_values *values = &builder->remainders.levels[level];
    builder->work += values->span_count + values->group_count * (1 + builder->words);
    for (size_t i = 0; i < values->group_count && !over_limit(builder); i++)
        builder->children[level][i] = advance(builder, level, i) ? build(builder, level + 1) : NODE_NOTHING;
    if (over_limit(builder))
        return NODE_NOTHING;

    uint32_t node = make_node(builder, level);
    builder->state_bytes += state_cost + key.len;
    text_map_put(&builder->known_states, key.data, key.len, node);
    return node;
}

static void start(struct builder *builder)
{
    const struct remainders *remainders = &builder->remainders;
    size_t levels = remainders->level_count;
    builder->words = (remainders->bit_count + 63) / 64;
    builder->states = memory_new(levels + 1, sizeof *builder->states);
    builder->here = memory_new(levels, sizeof *builder->here);
    builder->children = memory_new(levels, sizeof *builder->children);
    for (size_t i = 0; i <= levels; i++)
        builder->states[i] = memory_new(builder->words, sizeof **builder->states);
    for (size_t i = 0; i < levels; i++) {
        builder->here[i] = memory_new(builder->words, sizeof **builder->here);
        builder->children[i] = memory_new(remainders->levels[i].group_count, sizeof **builder->children);
    }
    for (size_t i = 0; i < remainders->count; i++) {
        const struct remainder *remainder = &remainders->items[i];
        if (!remainder->whole)
            add(builder->here[remainder->level], remainder->bit);
        else if (remainder->level >= builder->free_level)
            builder->free_level = remainder->level + 1;
    }
}

static void finish(struct builder *builder)
{
    for (size_t i = 0; i < builder->remainders.level_count; i++) {
        free(builder->states[i]);
        free(builder->here[i]);
        free(builder->children[i]);
    }
    free(builder->states[builder->remainders.level_count]);
    free(builder->states);
    free(builder->here);
    free(builder->children);
    text_map_free(&builder->known_states);
    free(builder->known_nodes.slots);
    plan_remainders_free(&builder->remainders);
}

static bool excludes_everything(const struct exclusions *exclusions)
{
    for (size_t i = 0; i < exclusions->count; i++)
        if (exclusions->items[i].count == 0)
            return true;
    return false;
}

bool plan_diagram_build(struct diagram *diagram, const struct axes *axes, const struct exclusions *exclusions,
                        size_t limit)
{
    diagram->root = NODE_NOTHING;
    if (excludes_everything(exclusions))
        return true;

    struct builder builder = {.diagram = diagram, .limit = limit, .work_limit = 4 * (uint64_t)limit};
    plan_remainders_make(&builder.remainders, axes, exclusions, &diagram->arrangement);
    start(&builder);
    diagram->root = build(&builder, 0);
    bool built = !over_limit(&builder);
    finish(&builder);
    return built;
}
