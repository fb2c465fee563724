/* Makes the plan of an edited config the current one. */
#pragma once
#include <stdbool.h>

struct planning;
struct runner;

/* Returns whether the table must be read to tell what is finished: a permutation that joins can have a row,
 * or one that is taken can have lost it. Otherwise what is taken follows into the new plan. */
bool adopt_must_read_rows(const struct runner *runner, const struct planning *planning);
/* Takes over what planning_match() has made. What is taken has yet to follow (runner_follow()), unless the
 * rows were read. */
void adopt_plan(struct runner *runner, struct planning *planning);
