/* A POSIX extended regular expression in the words of PCRE2. */
#pragma once
#include "base/text.h"

/* Adds to *out what PCRE2 is to compile for an expression that regcomp(3) takes. */
void expression_translate(struct text *out, const char *expression);
