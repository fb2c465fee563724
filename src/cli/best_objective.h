/* The objective by which `furcate best` ranks runs. */
#pragma once
#include <stdbool.h>

#include "store/store.h"

struct best_objective {
    char *metric; /* NULL: there is none */
    bool is_max, of_best;
    char *note; /* for the user, where the config and the rows do not agree; else NULL */
};

/* Finds the objective of the config that was carried out last in a log dir; where that has none or is not
 * known, the one of the newest row that names one. best_objective_free() it. */
struct best_objective best_objective_find(const char *log_dir, const struct table *table);
void best_objective_free(struct best_objective *objective);

/* Returns whether two names mean one metric: "run_" may be left out. */
bool best_objective_is_metric(const char *a, const char *b);
