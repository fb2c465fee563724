/* Says in words why an attempt failed. */
#pragma once
#include "base/text.h"
#include "run/attempt.h"

/* The reason of a run whose attempt could not be started by the run's own fault. */
#define FAILURE_UNSTARTED "could not be started"

/* Fills attempt->error_tail, and attempt->end.reason: "exit status 1", "signal 9 (Killed)", "timed out after
 * 1h", with "out of GPU memory" or the like added where the end of its stderr or the kernel says so. */
void failure_explain(struct attempt *attempt);
/* Returns whether an attempt ended as one does that is told to stop: by SIGTERM, SIGINT or SIGHUP, or by the
 * exit status that stands for one of these. */
bool failure_is_stop(const struct attempt_end *end);
/* Returns whether NAME.err or NAME.log is there still, so that it is worth a look. */
bool failure_left_output(const struct run *run, const char *ending);
/* Returns the last lines that a failed attempt printed: of its stderr, which are given, or where that is ""
 * of its stdout. free() them. *ending becomes that of the file they are in: "err" or "log". */
char *failure_find_lines(const struct run *run, const char *error_tail, const char **ending);
/* Adds lines for people: "  example0 (foo_bs32): exit status 1", the last lines that it printed, indented
 * (error_tail NULL: none), and the path of the file they are in. */
void failure_add_lines(struct text *out, const struct run *run, const char *reason, const char *error_tail);
