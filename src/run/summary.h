/* The last words of a runner, for the person at the terminal. */
#pragma once
#include "run/runner.h"

/* Prints to stderr what was done, which runs failed and why, and where the results are. */
void summary_print(const struct runner *runner);
