/*
 * The C locale for one thread. A program that uses this library may be in a locale with a decimal comma, or
 * one where "I" is no capital of "i"; everything here is read and written as in the C locale all the same.
 */
#pragma once
#include <locale.h>

/* Puts the calling thread into the C locale until the function returns, which costs some nanoseconds. */
#define C_LOCALE_UNTIL_RETURN                                                                                \
    __attribute__((cleanup(c_locale_leave), unused)) locale_t locale_before = c_locale_enter()

/* Returns the locale that the thread was in, for c_locale_leave(). */
locale_t c_locale_enter(void);
void c_locale_leave(const locale_t *before);

/* The C locale itself, for functions that take one; never freed. */
locale_t c_locale(void);
