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
/* Warns of a scalar without quotes at `place`, outside of brackets, that was meant as items or as an object.
 */
void config_slip_warn(const struct syntax_point *point, const struct frame *frame, struct value_place place,
                      struct faults *faults);
/* Returns how many bytes after the beginning of a line the ':' stands that lacks a space after it, as in
 * "lr:3"; 0: there is none. "file://x" has none. */
size_t config_slip_find_tight_colon(const char *line);
