#include "report/escape.h"

#include <string.h>

/* Skips parameters, intermediate bytes, and one final byte. */
static const char *skip_control(const char *c)
{
    while (*c >= 0x20 && *c <= 0x3f)
        c++;
    return *c >= 0x40 && *c <= 0x7e ? c + 1 : c;
}

/* Skips text up to BEL or "\033\\". */
static const char *skip_string(const char *c)
{
    while (*c && *c != '\a' && !(*c == '\033' && c[1] == '\\'))
        c++;
    return *c == '\a' ? c + 1 : *c ? c + 2 : c;
}

/* Returns what follows the sequence whose ESC is before `c`. */
static const char *skip_sequence(const char *c)
{
    if (*c == '[')
        return skip_control(c + 1);
    if (*c && strchr("]PX^_", *c))
        return skip_string(c + 1);
    while (*c >= 0x20 && *c <= 0x2f)
        c++;
    return *c >= 0x30 && *c <= 0x7e ? c + 1 : c;
}

void escape_strip(char *line)
{
    char *out = strchr(line, '\033');
    for (const char *c = out; c && *c;) {
        if (*c == '\033')
            c = skip_sequence(c + 1);
        else
            *out++ = *c++;
    }
    if (out)
        *out = '\0';
}
