/* Says in words why an attempt failed. */
#pragma once
#include "run/attempt.h"

/* Fills attempt->error_tail, and attempt->end.reason: "exit status 1", "signal 9 (Killed)", "timed out after
 * 1h", with "out of GPU memory" or the like added where the end of its stderr or the kernel says so. */
void failure_explain(struct attempt *attempt, const struct config_meta *meta);
