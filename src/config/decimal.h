/* Numbers as text: exact decimal values, of any size, compared without rounding. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

/* A number found in a text, which it borrows: ±0.d1d2d3… · 10^exponent, where d1 and the last digit are not
 * zero. */
struct decimal {
    enum decimal_kind { DECIMAL_FINITE, DECIMAL_INFINITE, DECIMAL_NAN } kind;
    bool is_int;              /* written without point and exponent */
    bool negative;            /* false for zero and NaN */
    const char *first, *last; /* from d1 to behind the last digit, a point maybe among them; equal: zero */
    int64_t exponent;
};

/* Reads 12, -0.5, .5, 1e-3, .inf, NaN, -Infinity …; false when the text is no number. An exponent of over 18
 * digits makes it none, so that sums of exponents fit. */
bool value_decimal_read(const char *text, size_t len, struct decimal *number);
bool value_decimal_equal(const struct decimal *a, const struct decimal *b);
uint64_t value_decimal_hash(uint64_t seed, const struct decimal *number);
/* Whether it is an integer within int64_t; sets *out then. */
bool value_decimal_int(const struct decimal *number, int64_t *out);
/* Adds the number `text` as JSON: as it is where JSON allows that, else with what is lacking or too much
 * mended. */
void value_decimal_add_json(struct text *out, const char *text, size_t len);
