/*
 * The C locale for one thread. A program that uses this library may be in a locale with a decimal comma, or
 * one where "I" is no capital of "i"; everything here is read and written as in the C locale all the same.
 */
#pragma once
#include <locale.h>

/* Puts the calling thread into the C locale, which costs some nanoseconds. Returns the locale it was in, for
 * c_locale_leave(): `CLEANUP(c_locale_leave) locale_t before = c_locale_enter();` */
locale_t c_locale_enter(void);
void c_locale_leave(const locale_t *before);

/* Returns the C locale itself, for functions that take one; it is never freed. */
locale_t c_locale(void);
