#include "base/utf8.h"

#include <stdbool.h>

/* RFC 3629, section 4: the range of the first byte and of the second; all later ones are 80 to bf. */
static const struct form {
    unsigned char first_least, first_most, second_least, second_most;
    size_t len;
} forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool fits(const struct form *form, const unsigned char *bytes, size_t len)
{
    if (bytes[0] < form->first_least || bytes[0] > form->first_most || len < form->len)
        return false;
    if (form->len > 1 && (bytes[1] < form->second_least || bytes[1] > form->second_most))
        return false;
    for (size_t i = 2; i < form->len; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xbf)
            return false;
    return true;
}

size_t utf8_length(const char *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms && len > 0; i++)
        if (fits(&forms[i], (const unsigned char *)bytes, len))
            return forms[i].len;
    return 0;
}

size_t utf8_find_bad(const char *bytes, size_t len)
{
    size_t at = 0, step;
    while (at < len && (step = utf8_length(bytes + at, len - at)) > 0)
        at += step;
    return at;
}

size_t utf8_fit(const char *text, size_t len)
{
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
        len--;
    return len;
}
