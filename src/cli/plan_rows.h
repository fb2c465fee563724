/*
 * Permutations as rows on stdout, in one of the formats of `furcate plan`. What a key adds to a row is made
 * once for each of its values, so that a row is put together from pieces.
 */
#pragma once
#include "base/hash.h"
#include "plan/plan.h"
#include "run/run.h"

enum plan_format { PLAN_TABLE, PLAN_CSV, PLAN_JSON };

struct plan_rows;

/*
 * columns  an object whose keys are the columns of PLAN_CSV, where one that the plan lacks is left empty; the
 *          other formats have the plan's own keys
 * change   "joins" or "goes", what each row is told to do; NULL: nothing
 */
struct plan_rows *plan_rows_open(const struct plan *plan, enum plan_format format,
                                 const struct value *columns, const char *change);
/* Has the rows of PLAN_JSON tell their command, too, and PLAN_TABLE list those of the first `most` rows below
 * all rows. The command has passed command_check() for the plan, and must outlive the rows. */
void plan_rows_show_commands(struct plan_rows *rows, const struct command *command, uint64_t most);
/* Has the rows of PLAN_JSON tell whether they are done, and PLAN_TABLE mark those that are. The ranks must
 * outlive the rows. */
void plan_rows_show_done(struct plan_rows *rows, const struct number_set *done);
/* Prints what is left to print. */
void plan_rows_close(struct plan_rows *rows);
/* Prints a permutation, as plan_unrank() gives it; `first`: it is the first of its list. False when stdout
 * takes no more. */
bool plan_rows_add(struct plan_rows *rows, const uint32_t *choice, bool first);
