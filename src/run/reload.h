/* Follows an edit of the config while runs execute. */
#pragma once
#include "run/runner.h"

/* Reads the config anew and makes its plan the current one: added permutations join, removed ones that have
 * not started go, executing ones finish. A broken file is reported and the old plan goes on. Must not be
 * called while a commit is on its worker thread. */
void reload_config(struct runner *runner);
