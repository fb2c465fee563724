#include "config/utf8.h"

#include <stdbool.h>
#include <stdint.h>

/* The well-formed sequences of RFC 3629, section 4: the range of the first byte and of the second; all later
 * ones are 80 to bf. */
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

size_t config_find_bad_utf8(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < len) {
        size_t form = 0, count = sizeof forms / sizeof *forms;
        while (form < count && !fits(&forms[form], bytes + at, len - at))
            form++;
        if (form == count)
            return at;
        at += forms[form].len;
    }
    return len;
}
