/* The marks between the attempts of a run in the files that all of them write to: its output, and
 * metrics.jsonl. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* Returns the line above an attempt's output, newline included; free() it.
 *
 * time  as clock_format() writes it */
char *attempt_mark_header(int attempt, const char *time);
/* Returns true when a line of output, without its newline, ends with such a header. What stands before it on
 * the line was written by the attempt before, which was cut off. */
bool attempt_mark_is_header(const char *line, size_t len);
/* Returns the line above an attempt's reports in metrics.jsonl, newline included; free() it. */
char *attempt_mark_report(int attempt);
/* Returns the attempt of such a line, which is given without its newline; 0 when it is another line. */
int attempt_mark_find_report(const char *line, size_t len);
