/*
 * Random values that are known apart from how they are written. What a value is and how it is spelled are
 * drawn from two streams of random numbers. Beside the spelling a signature is written, which is the same for
 * equal values only. A near value is had by drawing one of the numbers differently.
 */
#pragma once
#include "fixture.h"

#include <inttypes.h>

#include "../chance.h"

/* What a value is. */
struct content {
    uint64_t seed;
    size_t drawn;  /* numbers so far */
    size_t change; /* the draw that is different; SIZE_MAX: none */
    uint64_t changed;
};

struct random_value {
    struct content content;
    uint64_t *spelling;
    struct text text, signature;
};

static inline uint64_t draw(struct content *content, uint64_t limit)
{
    size_t index = content->drawn++;
    uint64_t number = hash_number(content->seed, index);
    return (index == content->change ? hash_number(content->changed, number) : number) % limit;
}

static inline bool spelled_so(struct random_value *value)
{
    return random_below(value->spelling, 2) == 0;
}

/* --- numbers: ±0.DIGITS · 10^exponent, the first and the last digit not 0 --- */

static inline void draw_digits(struct content *content, struct text *digits)
{
    static const size_t counts[] = {1, 1, 2, 3, 17, 18, 19, 20, 21, 36, 37, 300};
    size_t count = counts[draw(content, COUNT(counts))], zeros = draw(content, 3);
    char first = (char)('1' + draw(content, 9)), last = (char)('1' + draw(content, 9));
    text_add_char(digits, first);
    for (size_t i = 2; i < count; i++) {
        uint64_t digit = draw(content, 15); /* zeros are where mistakes are */
        text_add_char(digits, (char)('0' + (digit < 10 ? digit : 0)));
    }
    for (; count > 1 && zeros > 0; zeros--)
        text_add_char(digits, '0');
    if (count > 1)
        text_add_char(digits, last);
}

/* The last of the bases stands for an integer of all the digits. */
static inline int64_t draw_exponent(struct content *content, size_t digit_count)
{
    /* A written exponent has at most 18 digits, and spelling moves the point by some hundred. */
    static const int64_t far = INT64_C(999999999999999000);
    const int64_t bases[] = {0, 0, 400, -400, far, -far, (int64_t)digit_count};
    size_t base = draw(content, COUNT(bases));
    int64_t near = (int64_t)draw(content, 7) - 3;
    return base + 1 == COUNT(bases) ? bases[base] : bases[base] + near;
}

static inline void spell_zeros(struct random_value *value, int64_t count)
{
    for (; count > 0; count--)
        text_add_char(&value->text, '0');
}

/* The digits with `point` of them before the point. */
static inline void spell_mantissa(struct random_value *value, const struct text *digits, int64_t point)
{
    int64_t len = (int64_t)digits->len, before = point < 0 ? 0 : point < len ? point : len;
    spell_zeros(value, (int64_t)random_below(value->spelling, 3));
    text_add_bytes(&value->text, digits->data, (size_t)before);
    spell_zeros(value, point - len);
    if (point >= len && spelled_so(value))
        return;
    text_add_char(&value->text, '.');
    spell_zeros(value, -point);
    text_add(&value->text, digits->data + before);
    spell_zeros(value, (int64_t)random_below(value->spelling, 3));
}

static inline void spell_exponent(struct random_value *value, int64_t exponent)
{
    static const char *const formats[] = {"e%" PRId64, "E%" PRId64, "e%+" PRId64, "E%+05" PRId64};
    if (exponent == 0 && spelled_so(value))
        return;
    const char *format = formats[random_below(value->spelling, COUNT(formats))];
    CLEANUP(memory_free) char *text = text_format(format, exponent);
    text_add(&value->text, text);
}

static inline void spell_sign(struct random_value *value, bool negative)
{
    if (negative)
        text_add_char(&value->text, '-');
    else if (random_below(value->spelling, 4) == 0)
        text_add_char(&value->text, '+');
}

static inline void add_number(struct random_value *value)
{
    CLEANUP(text_free) struct text digits = {0};
    bool negative = draw(&value->content, 2);
    draw_digits(&value->content, &digits);
    int64_t exponent = draw_exponent(&value->content, digits.len), len = (int64_t)digits.len;
    text_addf(&value->signature, "%c%s^%" PRId64, negative ? '-' : '+', digits.data, exponent);

    bool plain = exponent > -40 && exponent < 340 && spelled_so(value);
    int64_t point = plain ? exponent : (int64_t)random_below(value->spelling, (uint64_t)len + 7) - 3;
    spell_sign(value, negative);
    spell_mantissa(value, &digits, point);
    spell_exponent(value, exponent - point);
}

static inline void add_zero(struct random_value *value)
{
    static const struct text zero = {(char *)"0", 1, 0};
    text_add(&value->signature, "0");
    spell_sign(value, spelled_so(value));
    spell_mantissa(value, &zero, (int64_t)random_below(value->spelling, 4));
    spell_exponent(value, (int64_t)random_below(value->spelling, 1000) - 500);
}

/* --- other scalars --- */

struct spellings {
    const char *signature, *texts[6];
};

static inline void add_word(struct random_value *value)
{
    static const struct spellings words[] = {
        {"null", {"null", "Null", "NULL", "None", "~", "null"}},
        {"true", {"true", "True", "TRUE", "true", "True", "TRUE"}},
        {"false", {"false", "False", "FALSE", "false", "False", "FALSE"}},
        {"nan", {".nan", ".NaN", ".NAN", "NaN", ".nan", "NaN"}},
        {"+inf", {".inf", ".Inf", ".INF", "Infinity", "+.inf", "+Infinity"}},
        {"-inf", {"-.inf", "-.Inf", "-.INF", "-Infinity", "-.inf", "-Infinity"}},
    };
    const struct spellings *word = &words[draw(&value->content, COUNT(words))];
    text_add(&value->signature, word->signature);
    text_add(&value->text, word->texts[random_below(value->spelling, COUNT(word->texts))]);
}

/* A piece of a string, as it is and as JSON escapes it; `only` escaped where it cannot stand as it is. */
struct piece {
    const char *bytes;
    size_t len;
    const char *escape;
    bool only;
};

static inline void add_string(struct random_value *value)
{
    static const struct piece pieces[] = {
        {"a", 1, "\\u0061", false},
        {"1", 1, "\\u0031", false},
        {".0", 2, ".\\u0030", false},
        {"true", 4, "tr\\u0075e", false},
        {"null", 4, "nul\\u006C", false},
        {"\0", 1, "\\u0000", true},
        {"\x01", 1, "\\u0001", true},
        {"\n", 1, "\\n", true},
        {"\t", 1, "\\u0009", true},
        {"\"", 1, "\\\"", true},
        {"\\", 1, "\\\\", true},
        {"'", 1, "\\u0027", false},
        {"\x7f", 1, "\\u007f", true},
        {"\xc2\x85", 2, "\\u0085", true},
        {"\xc3\xa9", 2, "\\u00e9", false},
        {"e\xcc\x81", 3, "e\\u0301", false},
        {"\xe6\x97\xa5", 3, "\\u65e5", false},
        {"\xf0\x9f\x98\x80", 4, "\\ud83d\\uDE00", false},
    };
    uint64_t count = draw(&value->content, 4);
    text_addf(&value->signature, "'%" PRIu64 ":", count);
    text_add_char(&value->text, '"');
    for (uint64_t i = 0; i < count; i++) {
        size_t index = draw(&value->content, COUNT(pieces));
        const struct piece *piece = &pieces[index];
        text_addf(&value->signature, "%zu,", index);
        if (piece->only || spelled_so(value))
            text_add(&value->text, piece->escape);
        else
            text_add_bytes(&value->text, piece->bytes, piece->len);
    }
    text_add_char(&value->text, '"');
}

/* --- arrays and objects --- */

static inline void add_random(struct random_value *value, int depth);

static inline void add_array(struct random_value *value, int depth)
{
    uint64_t count = draw(&value->content, 4);
    text_add(&value->signature, "[");
    text_add(&value->text, "[");
    for (uint64_t i = 0; i < count; i++) {
        text_add(&value->text, i ? ", " : "");
        add_random(value, depth + 1);
        text_add(&value->signature, ";");
    }
    text_add(&value->signature, "]");
    text_add(&value->text, "]");
}

static inline void swap(struct text *a, struct text *b)
{
    struct text kept = *a;
    *a = *b;
    *b = kept;
}

/* Each key is there or not, so that the signature has them in one order; the text has them in any. */
static inline void add_object(struct random_value *value, int depth)
{
    static const char *const keys[] = {"a", "b", "1", "\xc3\xa9", "null"};
    struct text members[COUNT(keys)] = {0}, whole = value->text;
    size_t count = 0;
    text_add(&value->signature, "{");
    for (size_t i = 0; i < COUNT(keys); i++) {
        if (draw(&value->content, 2))
            continue;
        text_addf(&value->signature, "%zu=", i);
        value->text = (struct text){0};
        text_addf(&value->text, "\"%s\": ", keys[i]);
        add_random(value, depth + 1);
        text_add(&value->signature, ";");
        members[count++] = value->text;
        swap(&members[count - 1], &members[random_below(value->spelling, count)]);
    }
    text_add(&value->signature, "}");
    value->text = whole;
    text_add(&value->text, "{");
    for (size_t i = 0; i < count; i++) {
        text_addf(&value->text, "%s%s", i ? ", " : "", members[i].data);
        text_free(&members[i]);
    }
    text_add(&value->text, "}");
}

static inline void add_random(struct random_value *value, int depth)
{
    uint64_t kind = draw(&value->content, depth < 3 ? 10 : 6);
    if (kind < 3)
        add_number(value);
    else if (kind == 3)
        add_zero(value);
    else if (kind == 4)
        add_word(value);
    else if (kind == 5)
        add_string(value);
    else if (kind < 8)
        add_array(value, depth);
    else
        add_object(value, depth);
}

static inline void random_value_free(struct random_value *value)
{
    text_free(&value->text);
    text_free(&value->signature);
}
