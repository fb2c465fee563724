/* POSIX extended regular expressions as a user writes them. In every locale a character is a byte, as for
 * grep in the C locale, so that bytes that are no UTF-8 match a "." too. */
#pragma once
#include <regex.h>
#include <stdbool.h>

#include "base/error.h"

/* Compiles an expression; regfree() it. On failure ERROR_CONFIG, with the reason and what to write instead.
 */
bool expression_compile(regex_t *compiled, const char *expression, struct error *err);
/* regexec(3). */
bool expression_find(const regex_t *compiled, const char *text, regmatch_t *parts, size_t count, int flags);
/* Whether an expression is well-formed. */
bool expression_check(const char *expression, struct error *err);
