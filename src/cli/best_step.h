/* The best steps in a table whose rows were made with different objectives. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

struct best_steps {
    int column;   /* run_best_NAME; -1: no row has a best step */
    size_t again; /* rows of another objective, whose best step was taken from their run directory */
    size_t lost;  /* rows of another objective whose run directory has no reports: they have none now */
};

/*
 * Makes the column run_best_NAME comparable. A row tells in its column meta with which objective it was made.
 * Where that has another metric or mode, or is of the last step, the cell becomes what the reports in the run
 * directory give; it becomes empty where these are gone.
 *
 * log_dir  the folder that the run directories are in now, whatever their rows say
 */
struct best_steps best_steps_align(const char *log_dir, struct table *table, const char *metric, bool is_max);
