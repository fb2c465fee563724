#include "config/slip.h"

#include <libfyaml.h>
#include <string.h>

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

bool config_slip_is_next_key(const struct syntax_point *point, const struct frame *frame)
{
    const char *text = text_get(&point->mended->text), *rest = text + point->end;
    size_t len = point->end - point->start;
    /* A plain value without a comma after it reaches up to that ':' too: 1 "b": 2 */
    bool is_word = !point->is_plain || strcspn(text + point->start, " \t\r\n\"'") >= len;
    return frame && frame->in_flow && frame->key && is_word && rest[strspn(rest, " \t")] == ':';
}

uint32_t config_slip_find_dash_line(const struct syntax_point *point, uint32_t first)
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
