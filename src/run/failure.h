/* Says in words why an attempt failed. */
#pragma once
#include "base/text.h"
#include "run/attempt.h"

/* Fills attempt->error_tail, and attempt->end.reason: "exit status 1", "signal 9 (Killed)", "timed out after
 * 1h", with "out of GPU memory" or the like added where the end of its stderr or the kernel says so. */
void failure_explain(struct attempt *attempt);
/* Returns whether an attempt ended as one does that is told to stop: by SIGTERM, SIGINT or SIGHUP, or by the
 * exit status that stands for one of these. */
bool failure_is_stop(const struct attempt_end *end);
/* Adds lines for people: "  example0 (foo_bs32): exit status 1", the last lines of its stderr, indented ("":
 * none), and where they stand. */
void failure_add_lines(struct text *out, const struct run *run, const char *reason, const char *error_tail);
