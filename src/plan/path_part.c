/* Bytes of a config made fit for a path. */
#include <string.h>

#include "base/utf8.h"
#include "plan/plan.h"

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
        size_t step = utf8_length(part + i, len - i);
        if (step == 0 || (step == 1 && !is_portable(part[i]))) {
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
