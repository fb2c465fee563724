#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

/* Makes room for `more` bytes and the NUL. */
static void reserve(struct text *text, size_t more)
{
    if (text->len + more < text->capacity)
        return;
    text->capacity = 2 * (text->len + more) + 32;
    text->data = memory_resize(text->data, text->capacity, 1);
}

void text_add_bytes(struct text *text, const char *bytes, size_t len)
{
    reserve(text, len);
    if (len)
        memcpy(text->data + text->len, bytes, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_add(struct text *text, const char *more)
{
    text_add_bytes(text, more, strlen(more));
}

void text_add_char(struct text *text, char c)
{
    reserve(text, 1);
    text->data[text->len++] = c;
    text->data[text->len] = '\0';
}

void text_addv(struct text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    reserve(text, 96); /* mostly enough, so that one pass will do */
    size_t room = text->capacity - text->len;
    int len = number_vprint(text->data + text->len, room, format, args);
    if (len > 0 && (size_t)len >= room) {
        reserve(text, (size_t)len);
        number_vprint(text->data + text->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    text->len += len > 0 ? (size_t)len : 0;
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_addv(text, format, args);
    va_end(args);
}

static void add_json_ascii(struct text *text, char c)
{
    static const char escapes[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\t', 't'},
                                      {'\r', 'r'}, {'\b', 'b'},  {'\f', 'f'}};
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (escapes[i][0] == c) {
            text_add_bytes(text, (char[]){'\\', escapes[i][1]}, 2);
            return;
        }
    if ((unsigned char)c < 0x20 || c == 0x7f)
        text_addf(text, "\\u%04x", (unsigned)c);
    else
        text_add_char(text, c);
}

/* The length of the beginning that a JSON string holds as it is. */
static size_t plain_length(const char *bytes, size_t len)
{
    size_t i = 0;
    while (i < len && bytes[i] >= 0x20 && bytes[i] < 0x7f && bytes[i] != '"' && bytes[i] != '\\')
        i++;
    return i;
}

void text_add_json_string(struct text *text, const char *bytes, size_t len)
{
    size_t plain = plain_length(bytes, len);
    text_add_char(text, '"');
    text_add_bytes(text, bytes, plain);
    for (size_t i = plain; i < len;) {
        size_t step = utf8_length(bytes + i, len - i);
        if (step == 0)
            text_add(text, "\\ufffd");
        else if (step == 1)
            add_json_ascii(text, bytes[i]);
        else
            text_add_bytes(text, bytes + i, step);
        i += step ? step : 1;
    }
    text_add_char(text, '"');
}

/*
 * Times and most metrics are whole millionths. Below 2^51 of them neighbours differ in their double, so that
 * no shorter text reads as the same one; and one division of two exact numbers rounds as strtod() does
 * (Clinger, How to read floating point numbers accurately, 1990). Returns false for other numbers.
 */
static bool add_millionths(struct text *text, double number)
{
    static const double least = 1e-4, most = (double)(1LL << 51); /* below: with an exponent */
    double size = fabs(number), millionths = round(1e6 * size);
    if (size < least || millionths >= most || millionths / 1e6 != size)
        return false;
    uint64_t whole = (uint64_t)millionths / 1000000, rest = (uint64_t)millionths % 1000000;
    char digits[24], *end = digits + sizeof digits, *at = end;
    for (int i = 0; i < 6; i++, rest /= 10)
        *--at = (char)('0' + rest % 10);
    *--at = '.';
    do
        *--at = (char)('0' + whole % 10);
    while (whole /= 10);
    if (number < 0)
        *--at = '-';
    while (end[-1] == '0' && end[-2] != '.')
        end--;
    text_add_bytes(text, at, (size_t)(end - at));
    return true;
}

void text_add_number(struct text *text, double number)
{
    if (!isfinite(number)) {
        text_add(text, isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
        return;
    }
    if (add_millionths(text, number))
        return;
    char digits[32];
    for (int precision = 15; precision <= 17; precision++) {
        number_print(digits, sizeof digits, "%.*g", precision, number);
        if (number_read(digits, NULL) == number)
            break;
    }
    text_add(text, digits);
    if (!strpbrk(digits, ".e"))
        text_add(text, ".0");
}

const char *text_get(const struct text *text)
{
    return text->data ? text->data : "";
}

char *text_take(struct text *text)
{
    char *data = text->data ? text->data : memory_copy_text("");
    *text = (struct text){0};
    return data;
}

void text_cut(struct text *text, size_t len)
{
    if (len >= text->len)
        return;
    text->len = len;
    text->data[len] = '\0';
}

void text_clear(struct text *text)
{
    text->len = 0;
    if (text->data)
        text->data[0] = '\0';
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

char *text_format(const char *format, ...)
{
    struct text text = {0};
    va_list args;
    va_start(args, format);
    text_addv(&text, format, args);
    va_end(args);
    return text_take(&text);
}
