#include "base/ascii.h"

bool ascii_starts_with(const char *text, const char *start)
{
    while (*start && ascii_lower(*text) == ascii_lower(*start)) {
        text++;
        start++;
    }
    return !*start;
}

bool ascii_is_same(const char *a, const char *b)
{
    while (*a && ascii_lower(*a) == ascii_lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool ascii_contains(const char *text, const char *word)
{
    while (*text && !ascii_starts_with(text, word))
        text++;
    return ascii_starts_with(text, word);
}
