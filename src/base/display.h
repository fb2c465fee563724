/*
 * The room that UTF-8 text takes on a terminal, in columns: a Chinese character takes two, an accent that
 * combines with the letter before it none. The same in every locale, since all that furcate writes is UTF-8.
 */
#pragma once
#include <locale.h>
#include <stddef.h>

#include "base/text.h"

/* Puts the calling thread into a locale whose characters are UTF-8, for functions that ask the locale what a
 * character is. Returns the locale it was in: `CLEANUP(display_leave) locale_t before = display_enter();` */
locale_t display_enter(void);
void display_leave(const locale_t *before);

/* Returns the columns that the text takes. */
size_t display_width(const char *text, size_t len);
/* Returns how many bytes of the text fit into that many columns; they end at the end of a character. */
size_t display_fit(const char *text, size_t len, size_t columns);
/* Adds the text with "…" in the place of its middle, so that it takes no more than that many columns (at
 * least 1). What is left out begins and ends outside of numbers: none is cut. */
void display_add_shortened(struct text *out, const char *text, size_t columns);
/* Adds the text with control characters, and bytes that are no UTF-8, as "\x1b", and characters that nobody
 * sees, such as those that turn the direction of text, as "\u202e". */
void display_add_visible(struct text *out, const char *text);
