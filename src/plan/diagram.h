/*
 * The kept permutations as a decision diagram over the axes (Bryant 1986; with many values a level:
 * Srinivasan et al. 1990). A node is a level and the set of remainders that are still alive there; equal
 * nodes are one. Counts of the paths below each edge make count, unrank and rank of the kept permutations a
 * walk from the root, one binary search a level (the ranking of combinatorial objects by counting: Knuth,
 * TAOCP 4A, 7.1.4, algorithm C). A diagram that grows beyond 1 MiB has tails in place of its last levels: see
 * tail.h.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/exclusion.h"

struct diagram;

/*
 * config_order  forces the axes into config order: ranks then count with the config's last axis fastest
 * limit         bytes, of the diagram and of the tables that build it; work is limited in proportion
 * Returns NULL past the limit. The product of the axes is at most 2^62. The entries must outlive the diagram.
 */
struct diagram *plan_diagram_create(const struct axes *axes, const struct exclusions *exclusions,
                                    bool config_order, size_t limit);
void plan_diagram_destroy(struct diagram *diagram);

uint64_t plan_diagram_count(const struct diagram *diagram);
size_t plan_diagram_node_count(const struct diagram *diagram);
size_t plan_diagram_tail_count(const struct diagram *diagram);
/* rank < count; choice has one element for each axis. */
void plan_diagram_unrank(const struct diagram *diagram, uint64_t rank, uint32_t *choice);
/* False when the choice is excluded. */
bool plan_diagram_rank(const struct diagram *diagram, const uint32_t *choice, uint64_t *rank);
