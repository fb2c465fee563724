/* printf(3) for what people read: the text of each %s is made visible. */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/display.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"

/* "%-20.3zu" */
struct conversion {
    char flags[8];
    int width, precision; /* 0 and -1: not given */
    char size[3];         /* "zu" has "z", "llu" has "ll" */
    char type;
};

/* Reads digits, or takes the argument that a '*' stands for. */
static int read_number(const char **at, va_list *args)
{
    if (**at == '*') {
        ++*at;
        return va_arg(*args, int);
    }
    char *end;
    long number = strtol(*at, &end, 10);
    *at = end;
    return (int)number;
}

static void take(char *out, size_t size, const char *allowed, const char **at)
{
    size_t len = strspn(*at, allowed), kept = len < size ? len : size - 1;
    memcpy(out, *at, kept);
    out[kept] = '\0';
    *at += len;
}

/* Returns what follows the conversion whose '%' is before `at`. */
static const char *read_conversion(struct conversion *conversion, const char *at, va_list *args)
{
    *conversion = (struct conversion){.precision = -1};
    take(conversion->flags, sizeof conversion->flags, "-+ #0'", &at);
    if (ascii_is_digit(*at) || *at == '*')
        conversion->width = read_number(&at, args);
    if (*at == '.') {
        at++;
        conversion->precision = read_number(&at, args);
    }
    take(conversion->size, sizeof conversion->size, "hlzjt", &at);
    conversion->type = *at;
    return *at ? at + 1 : at;
}

/* Types of the same width are types of their own to va_arg(). */
// NOLINTBEGIN(bugprone-branch-clone)
static intmax_t take_signed(const char *size, va_list *args)
{
    switch (*size) {
    case 'l':
        return size[1] ? va_arg(*args, long long) : va_arg(*args, long);
    case 'z':
        return va_arg(*args, ssize_t);
    case 'j':
        return va_arg(*args, intmax_t);
    case 't':
        return va_arg(*args, ptrdiff_t);
    default:
        return va_arg(*args, int);
    }
}

static uintmax_t take_unsigned(const char *size, va_list *args)
{
    switch (*size) {
    case 'l':
        return size[1] ? va_arg(*args, unsigned long long) : va_arg(*args, unsigned long);
    case 'z':
        return va_arg(*args, size_t);
    case 'j':
        return va_arg(*args, uintmax_t);
    default:
        return va_arg(*args, unsigned);
    }
}
// NOLINTEND(bugprone-branch-clone)

/* Adds as many bytes as the precision allows, less a character that it would cut. */
static void add_text(struct text *out, const struct conversion *conversion, const char *text)
{
    size_t most = conversion->precision >= 0 ? (size_t)conversion->precision : SIZE_MAX;
    size_t len = strnlen(text, most);
    CLEANUP(memory_free) char *part = memory_copy_bytes(text, len);
    CLEANUP(text_free) struct text shown = {0};
    if (len == most && utf8_find_bad(part, len) < len && len - utf8_find_bad(part, len) < 4)
        part[utf8_find_bad(part, len)] = '\0';
    display_add_visible(&shown, part);
    text_addf(out, strchr(conversion->flags, '-') ? "%-*s" : "%*s", conversion->width, text_get(&shown));
}

static void add_number(struct text *out, const struct conversion *conversion, va_list *args)
{
    char digits[512], format[24];
    bool is_integer = strchr("diuxXo", conversion->type);
    number_print(format, sizeof format, "%%%s*.*%s%c", conversion->flags, is_integer ? "j" : "",
                 conversion->type);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (strchr("di", conversion->type))
        number_print(digits, sizeof digits, format, conversion->width, conversion->precision,
                     take_signed(conversion->size, args));
    else if (is_integer)
        number_print(digits, sizeof digits, format, conversion->width, conversion->precision,
                     take_unsigned(conversion->size, args));
    else
        number_print(digits, sizeof digits, format, conversion->width, conversion->precision,
                     va_arg(*args, double));
#pragma GCC diagnostic pop
    text_add(out, digits);
}

static void add_conversion(struct text *out, const struct conversion *conversion, va_list *args)
{
    char character[2] = {0};
    switch (conversion->type) {
    case '%':
        text_add_char(out, '%');
        break;
    case 's':
        add_text(out, conversion, va_arg(*args, const char *));
        break;
    case 'c':
        character[0] = (char)va_arg(*args, int);
        add_text(out, conversion, character);
        break;
    default:
        add_number(out, conversion, args);
    }
}

void display_addv(struct text *out, const char *format, va_list args)
{
    struct conversion conversion;
    va_list rest;
    va_copy(rest, args);
    for (const char *percent; (percent = strchr(format, '%'));) {
        text_add_bytes(out, format, (size_t)(percent - format));
        format = read_conversion(&conversion, percent + 1, &rest);
        add_conversion(out, &conversion, &rest);
    }
    va_end(rest);
    text_add(out, format);
}

void display_addf(struct text *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    display_addv(out, format, args);
    va_end(args);
}
