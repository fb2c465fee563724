/* POSIX extended regular expressions as a user writes them. */
#pragma once
#include <regex.h>
#include <stdbool.h>

#include "base/error.h"

/* Compiles an expression; regfree() it. On failure ERROR_CONFIG, with the reason and what to write instead.
 */
bool expression_compile(regex_t *compiled, const char *expression, struct error *err);
/* Whether an expression is well-formed. */
bool expression_check(const char *expression, struct error *err);
