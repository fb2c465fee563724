#include "config/decimal.h"

#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"

static const struct special {
    const char *text;
    enum decimal_kind kind;
} specials[] = {
    {".inf", DECIMAL_INFINITE},     {".Inf", DECIMAL_INFINITE}, {".INF", DECIMAL_INFINITE},
    {"Infinity", DECIMAL_INFINITE}, {".nan", DECIMAL_NAN},      {".NaN", DECIMAL_NAN},
    {".NAN", DECIMAL_NAN},          {"NaN", DECIMAL_NAN},
};

static bool read_special(const char *text, const char *end, bool is_signed, struct decimal *number)
{
    size_t len = (size_t)(end - text);
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++) {
        const struct special *special = &specials[i];
        if (strlen(special->text) != len || memcmp(special->text, text, len) != 0)
            continue;
        number->kind = special->kind;
        return special->kind != DECIMAL_NAN || !is_signed;
    }
    return false;
}

/* Returns where the digits end; NULL when there are none. */
static const char *read_digits(const char *text, const char *end, struct decimal *number)
{
    const char *point = NULL, *rest = text;
    for (; rest < end && (ascii_is_digit(*rest) || (*rest == '.' && !point)); rest++) {
        if (*rest == '.') {
            point = rest;
        } else if (*rest != '0') {
            number->first = number->first ? number->first : rest;
            number->last = rest + 1;
        }
    }
    if (rest == text || (point && rest == text + 1))
        return NULL;
    number->is_int = !point;
    if (!point)
        point = rest;
    if (number->first)
        number->exponent = point > number->first ? point - number->first : point + 1 - number->first;
    return rest;
}

static bool read_exponent(const char *text, const char *end, int64_t *exponent)
{
    bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    if (text == end)
        return false;
    *exponent = 0;
    for (; text < end; text++) {
        if (!ascii_is_digit(*text) || *exponent > INT64_C(99999999999999999))
            return false;
        *exponent = 10 * *exponent + (*text - '0');
    }
    *exponent = negative ? -*exponent : *exponent;
    return true;
}

bool value_decimal_read(const char *text, size_t len, struct decimal *number)
{
    *number = (struct decimal){0};
    const char *end = text + len;
    bool is_signed = len > 0 && (*text == '-' || *text == '+');
    bool negative = is_signed && *text == '-';
    const char *unsigned_text = text + is_signed;

    const char *rest = read_digits(unsigned_text, end, number);
    if (!rest) {
        number->negative = negative;
        return read_special(unsigned_text, end, is_signed, number);
    }
    int64_t exponent = 0;
    if (rest < end && ((*rest != 'e' && *rest != 'E') || !read_exponent(rest + 1, end, &exponent)))
        return false;
    number->is_int = number->is_int && rest == end;
    if (number->first) {
        number->negative = negative;
        number->exponent += exponent;
    }
    return true;
}

/* The next significant digit, 0 to 9; -1 at the end. */
static int next_digit(const char **rest, const char *last)
{
    if (*rest < last && **rest == '.')
        ++*rest;
    return *rest < last ? *(*rest)++ - '0' : -1;
}

bool value_decimal_equal(const struct decimal *a, const struct decimal *b)
{
    if (a->kind != b->kind || a->negative != b->negative || a->exponent != b->exponent)
        return false;
    const char *a_rest = a->first, *b_rest = b->first;
    for (;;) {
        int digit = next_digit(&a_rest, a->last);
        if (digit != next_digit(&b_rest, b->last))
            return false;
        if (digit < 0)
            return true;
    }
}

uint64_t value_decimal_hash(uint64_t seed, const struct decimal *number)
{
    uint64_t hash = hash_number(seed, 2 * (uint64_t)number->kind + number->negative);
    hash = hash_number(hash, (uint64_t)number->exponent);
    uint64_t digits = 1; /* before each 18 of them, so that zeros in front of the last few count */
    int count = 0;
    const char *rest = number->first;
    for (int digit; (digit = next_digit(&rest, number->last)) >= 0;) {
        digits = 10 * digits + (uint64_t)digit;
        if (++count % 18 == 0) {
            hash = hash_number(hash, digits);
            digits = 1;
        }
    }
    return hash_number(hash, digits);
}

bool value_decimal_int(const struct decimal *number, int64_t *out)
{
    if (number->kind != DECIMAL_FINITE || number->exponent > 19)
        return false;
    const char *rest = number->first;
    int64_t result = 0, left = number->exponent;
    for (int digit; (digit = next_digit(&rest, number->last)) >= 0 || left > 0; left--) {
        int64_t step = digit < 0 ? 0 : number->negative ? -digit : digit;
        if (left <= 0 || __builtin_mul_overflow(result, 10, &result) ||
            __builtin_add_overflow(result, step, &result))
            return false;
    }
    *out = result;
    return true;
}

static void add_special_json(struct text *out, const struct decimal *number)
{
    text_add(out, number->kind == DECIMAL_NAN ? "NaN" : number->negative ? "-Infinity" : "Infinity");
}

/* How many digits `text` begins with. */
static size_t span_digits(const char *text, const char *end)
{
    size_t span = 0;
    while (text + span < end && ascii_is_digit(text[span]))
        span++;
    return span;
}

void value_decimal_add_json(struct text *out, const char *text, size_t len)
{
    struct decimal number;
    if (!value_decimal_read(text, len, &number) || number.kind != DECIMAL_FINITE) {
        add_special_json(out, &number);
        return;
    }
    const char *end = text + len;
    if (*text == '-')
        text_add_char(out, '-');
    text += *text == '-' || *text == '+';
    while (text + 1 < end && text[0] == '0' && ascii_is_digit(text[1]))
        text++;
    size_t whole = span_digits(text, end);
    text_add_bytes(out, whole ? text : "0", whole ? whole : 1);
    text += whole;
    if (text < end && *text == '.') {
        size_t fraction = span_digits(text + 1, end);
        text_add_bytes(out, text, 1 + fraction);
        if (fraction == 0)
            text_add_char(out, '0');
        text += 1 + fraction;
    }
    text_add_bytes(out, text, (size_t)(end - text));
}
