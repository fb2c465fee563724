#include "base/attempt_mark.h"

#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/memory.h"
#include "base/text.h"

static const char begin[] = "--- attempt ", end[] = " ---";

char *attempt_mark_header(int attempt, const char *time)
{
    return text_format("%s%d, %s%s\n", begin, attempt, time, end);
}

/* "2, 2020-12-02 16:04:33" */
static bool is_number_and_time(const char *text, size_t len)
{
    const char *comma = memchr(text, ',', len);
    if (!comma || comma == text || (size_t)(comma - text) == len - 1)
        return false;
    for (const char *c = text; c < text + len; c++)
        if (!ascii_is_digit(*c) && (c < comma || !strchr(", :-", *c)))
            return false;
    return true;
}

bool attempt_mark_is_header(const char *line, size_t len)
{
    const size_t begin_len = sizeof begin - 1, end_len = sizeof end - 1;
    enum { longest = 64 };
    if (len < begin_len + end_len || memcmp(line + len - end_len, end, end_len) != 0)
        return false;
    const char *last = line + len - end_len - begin_len;
    const char *first = len > longest ? line + len - longest : line;
    for (const char *c = last; c >= first; c--)
        if (memcmp(c, begin, begin_len) == 0)
            return is_number_and_time(c + begin_len, (size_t)(line + len - end_len - c) - begin_len);
    return false;
}

char *attempt_mark_report(int attempt)
{
    return text_format("{\"attempt\": %d}\n", attempt);
}

int attempt_mark_find_report(const char *line, size_t len)
{
    enum { longest = 32, highest = 1000000000 };
    size_t start = strcspn(line, "0123456789");
    long number = len < longest && start < len ? strtol(line + start, NULL, 10) : 0;
    if (number < 1 || number > highest)
        return 0;
    CLEANUP(memory_free) char *mark = attempt_mark_report((int)number);
    return strlen(mark) == len + 1 && memcmp(mark, line, len) == 0 ? (int)number : 0;
}
