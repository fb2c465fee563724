/*
 * Numbers as text, as in the C locale whatever locale the calling program is in. Outside of base nothing else
 * reads or writes numbers with a fraction; script/check-locale holds the code to that.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>

/* strtod(3): the number that `text` begins with; *end is where it ends, `text` itself when there is none.
 * `end` may be NULL. */
double number_read(const char *text, char **end);

/* snprintf(3) and vsnprintf(3). */
int number_print(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int number_vprint(char *out, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
