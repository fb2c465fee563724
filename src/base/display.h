/*
 * Text on a terminal. The room that UTF-8 takes there, in columns: a Chinese character takes two, an accent
 * that combines with the letter before it none. The same in every locale, since all that furcate writes is
 * UTF-8.
 */
#pragma once
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
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

/*
 * What a program, file, config or environment said may hold bytes that a terminal obeys. Whoever prints it to
 * people, or writes it into a log, makes it visible: control characters, and bytes that are no UTF-8, are
 * shown as "\x1b", and characters that nobody sees, such as those that turn the direction of text, as
 * "\u202e". What is visible already stays as it is.
 */
void display_add_visible(struct text *out, const char *text);
/* Does the same for several lines: the ends of lines, and tabs, stay. */
void display_add_visible_lines(struct text *out, const char *text);
/* printf that makes the text of each %s and %c visible, in one line; ends of lines in the format stay. */
void display_addf(struct text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void display_addv(struct text *out, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* Adds JSON with such characters as "\u009b" in its strings, which say the same. */
void display_add_json(struct text *out, const char *json, size_t len);
/* Takes the sequences that set colours out of a line, in place. */
void display_drop_colours(char *line);
/* Returns the length in bytes of the character at `text`, of which `len` (at least 1) are there, and tells
 * whether it would be shown by its number. */
size_t display_step(const char *text, size_t len, bool *hidden);
