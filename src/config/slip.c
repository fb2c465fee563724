#include "config/slip.h"

#include <libfyaml.h>
#include <string.h>

#include "base/ascii.h"

bool config_slip_runs_over_lines(const struct frame *frame, struct fy_event *event)
{
    const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
    return frame && frame->in_flow && start && end && end->line > start->line;
}

bool config_slip_holds_foreign_comment(const struct frame *frame, struct fy_token *token)
{
    size_t len = 0;
    const char *text = fy_token_get_text(token, &len);
    for (size_t i = 0; frame && frame->in_flow && i + 1 < len; i++)
        if (text[i] == '/' && (text[i + 1] == '/' || text[i + 1] == '*') && (i == 0 || text[i - 1] == ' '))
            return true;
    return false;
}

bool config_slip_lacks_space(const struct frame *frame, const struct fy_token *token)
{
    return !token && frame && frame->in_flow && frame->key && strchr(frame->key, ':');
}

/* Looks at no more than the value: the line that it is in may be all of a large config. */
static bool is_one_word(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (strchr(" \t\r\n\"'", value[i]))
            return false;
    return true;
}

bool config_slip_is_next_key(const struct syntax_point *point, const struct frame *frame)
{
    const char *text = text_get(&point->mended->text), *rest = text + point->end;
    if (!frame || !frame->in_flow || !frame->key || rest[strspn(rest, " \t")] != ':')
        return false;
    /* A plain value without a comma after it reaches up to that ':' too: 1 "b": 2 */
    return !point->is_plain || is_one_word(text + point->start, point->end - point->start);
}

size_t config_slip_find_tight_colon(const char *line)
{
    static const char of_word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    const char *word = line + strspn(line, " ");
    size_t len = strspn(word, of_word);
    bool is_key = len > 0 && word[len] == ':' && !ascii_is_digit(*word) && *word != '-';
    return is_key && !strchr(" \t\r\n/", word[len + 1]) ? (size_t)(word + len - line) : 0;
}

/* Returns the line, after the first, of a plain item that begins with "- ": it was meant as the next item,
 * and is indented too far. 0: there is none. */
static uint32_t find_dash_line(const struct syntax_point *point, uint32_t first)
{
    const char *text = text_get(&point->mended->text);
    const char *c = text + point->start, *end = text + point->end;
    for (uint32_t line = first + 1; c < end && (c = memchr(c, '\n', (size_t)(end - c))); line++) {
        c += 1 + strspn(c + 1, " ");
        if (c + 1 < end && c[0] == '-' && c[1] == ' ')
            return line;
    }
    return 0;
}

void config_slip_warn(const struct syntax_point *point, const struct frame *frame, struct value_place place,
                      struct faults *faults)
{
    if (!frame || frame->in_flow)
        return;
    bool is_item = value_kind(frame->container) == VALUE_ARRAY;
    bool is_below_key = frame->key && place.line > frame->key_place.line;
    uint32_t line = is_item ? find_dash_line(point, place.line) : 0;
    if (line > 0)
        fault_add(faults, FAULT_WARNING, place,
                  "this item goes on in line %u, whose '-' is indented too far; indent the '-' of all items "
                  "alike",
                  line);
    if (is_below_key && config_slip_find_tight_colon(text_get(&point->mended->text) + point->start) > 0)
        fault_add(faults, FAULT_WARNING, place,
                  "a space is missing after ':', so '%s' is a string; write key: value, or put it in quotes",
                  frame->key);
}
