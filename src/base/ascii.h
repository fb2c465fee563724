/* Letters and digits of ASCII, and nothing else, in every locale: <ctype.h> and strcasecmp() follow the
 * locale of the program, and in a Turkish one "MIN" is not "min". */
#pragma once
#include <stdbool.h>

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Takes the white space of C, \v and \f included. */
static inline bool ascii_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool ascii_is_control(char c)
{
    return (c >= 0 && c < ' ') || c == 0x7f;
}

/* Takes a space too. */
static inline bool ascii_is_printable(char c)
{
    return c >= ' ' && c < 0x7f;
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* These ignore the case of letters, as strcasecmp(), strncasecmp() and strcasestr() do. */
bool ascii_is_same(const char *a, const char *b);
bool ascii_starts_with(const char *text, const char *start);
bool ascii_contains(const char *text, const char *word);
