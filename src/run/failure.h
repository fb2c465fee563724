/* Says in words why an attempt failed. */
#pragma once
#include "run/attempt.h"

/* Fills attempt->end.reason: "exit status 1", "signal 9 (Killed)", "timed out after 1h", with "out of GPU
 * memory" or "out of memory" added where the last lines of its stderr say so. */
void failure_explain(struct attempt *attempt, const struct config_meta *meta);
