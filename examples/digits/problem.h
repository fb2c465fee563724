/* What went wrong, in words for the person at the terminal. */
#pragma once
#include <stdbool.h>

struct problem {
    char text[512];
};

/* Returns false, so that a failing function can end with `return problem_set(problem, …)`. */
bool problem_set(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
