/* Slips of the pen that are legal YAML, found in the scalar that was read last. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "config/builder.h"
#include "config/syntax.h"

struct fy_event;
struct fy_token;

/* Returns whether a scalar without quotes runs over several lines within brackets, which is always a
 * forgotten comma. */
bool config_slip_runs_over_lines(const struct frame *frame, struct fy_event *event);
/* Returns whether a scalar within brackets has a comment of C: 1 // one would be the string "1 // one". */
bool config_slip_holds_foreign_comment(const struct frame *frame, struct fy_token *token);
/* Returns whether a space is missing after ':', as in {lr:1}: that is the key "lr:1" without a value. */
bool config_slip_lacks_space(const struct frame *frame, const struct fy_token *token);
/* Returns whether the value that was read last, within braces, is the key of the next line: the value was
 * left out, as in a template, and so was the comma. */
bool config_slip_is_next_key(const struct syntax_point *point, const struct frame *frame);
/* Returns the line, after the first, of a plain item that begins with "- ": it was meant as the next item,
 * and is indented too far. 0: there is none. */
uint32_t config_slip_find_dash_line(const struct syntax_point *point, uint32_t first);
