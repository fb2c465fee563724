/* Numbers in the output of a program. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct found_number {
    double value;
    size_t len;   /* 0: there is no number */
    size_t reach; /* len, and what continues it where is_cut */
    bool is_cut;  /* it goes on in a way that is not understood: "0,53", "1_000", "1.5D-05", "12k" */
    bool may_end; /* it does, but an expression may say that it ends here: "5h30m", "100,200" */
};

/* Reads the number that `text` begins with, as C and Python print it: sign, exponent, inf, nan, 0x1p-3, and
 * with commas between the thousands ("1,234.5"). Blanks before it are part of it. */
struct found_number number_at(const char *text);
/* Returns true after a Unicode minus, which is no part of a number here. */
bool number_is_after_minus(const char *line, const char *at);
/* Returns where the digits begin after a Unicode minus; `text` itself where there is none. */
const char *number_skip_minus(const char *text);
/* Returns where the number begins that goes on at `at`, at the earliest at `line`; `at` itself when none
 * does, also after a comma, which may be one between numbers. */
const char *number_start(const char *line, const char *at);
/* Returns the first number in `text` that is no part of a word, as "1" is in "f1=0.5"; else the first; NULL
 * when there is none. */
const char *number_find(const char *text);
