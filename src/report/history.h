#pragma once
#include "report/report.h"

/* history_add() that says whether the step, and what it needs in memory, is within bounds. */
bool history_try_add(struct history *history, int64_t step, const struct report_metric *metrics,
                     size_t count);
