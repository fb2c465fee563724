/* POSIX extended regular expressions as a user writes them. In every locale a character is a byte, as for
 * grep in the C locale, so that bytes that are no UTF-8 match a "." too. */
#pragma once
#include <regex.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/matcher.h"

struct expression {
    struct matcher *matcher;
    size_t group;  /* which part of a match (regmatch_t) the first ( ) is; 0: there is none */
    size_t number; /* the same of the first {number} */
};

/* Compiles an expression, in which {number} stands for any number as C and Python print it;
 * expression_free() it. On failure ERROR_CONFIG, with the reason and what to write instead. */
bool expression_compile(struct expression *expression, const char *text, struct error *err);
void expression_free(struct expression *expression);
/* Looks for the expression in a text, as matcher_find() does. */
enum match_result expression_find(const struct expression *expression, const char *text, regmatch_t *parts,
                                  size_t count, int flags, struct match_effort *effort);
/* Returns whether an expression is well-formed. */
bool expression_check(const char *text, struct error *err);
/* Returns whether a match of a well-formed expression may hold a number, as far as can be told easily: false
 * for words such as "loss:" that can match nothing else. */
bool expression_may_hold_number(const char *text);
