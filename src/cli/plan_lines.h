/* Permutations as text, quickly: what a key adds to a line is made once for each of its values. */
#pragma once
#include "plan/plan.h"

/* Adds a key with its value as it stands in a line; `first`: it begins the line. */
typedef void plan_add_pair(struct text *out, const char *key, const struct value *value, bool first);

struct plan_lines;
struct plan_lines *plan_lines_create(const struct plan *plan, plan_add_pair *add_pair);
void plan_lines_destroy(struct plan_lines *lines);
/* Adds all keys of a permutation; `choice` as plan_unrank() gives it. */
void plan_lines_add(const struct plan_lines *lines, const uint32_t *choice, struct text *out);
