/* Bytes of a config made fit for a path. */
#include <string.h>

#include "plan/plan.h"

/* The length of the well-formed UTF-8 sequence beyond ASCII at `s` (RFC 3629, table 3-7 of Unicode), 0 when
 * it is none. */
static size_t sequence_length(const unsigned char *s, size_t len)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, length;
    } forms[] = {{0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
                 {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
                 {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (s[0] < forms[i].first_low || s[0] > forms[i].first_high || forms[i].length > len)
            continue;
        bool well_formed = s[1] >= forms[i].second_low && s[1] <= forms[i].second_high;
        for (size_t k = 2; k < forms[i].length; k++)
            well_formed &= (s[k] & 0xc0) == 0x80;
        return well_formed ? forms[i].length : 0;
    }
    return 0;
}

static bool is_portable(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-+=,@%~^", c));
}

void plan_add_path_part(struct text *out, const char *part, size_t len)
{
    size_t start = out->len;
    bool replaced = false; /* since the last byte that stays */
    for (size_t i = 0; i < len;) {
        size_t step = is_portable(part[i]) ? 1 : sequence_length((const unsigned char *)part + i, len - i);
        if (step == 0) {
            replaced = true;
            i++;
            continue;
        }
        if (replaced && out->len > start)
            text_add_char(out, '-');
        replaced = false;
        text_add_bytes(out, part + i, step);
        i += step;
    }
}
