/* What a run of a wrapped program came to: its times and metrics. */
#pragma once
#include "report/report.h"
#include "store/store.h"

/* Whether there is anything to read for results_read(): metrics.jsonl, or expressions in `metrics` (or NULL).
 */
bool results_has_metrics(const struct run *run, const struct value *metrics);
/* Reads metrics.jsonl and the expressions' matches in NAME.log and NAME.err. What cannot be read is left out;
 * then false, with the last reason. */
bool results_read(struct history *history, const struct run *run, const struct value *metrics,
                  struct report_faults *faults, struct error *err);
/*
 * meta.data of a run: start_time … total_time_string, then the last value of each metric, then epochs, the
 * number of steps. A metric m that has a val_m beside it is named train_m, as the Fork pipeline names it.
 * history may be NULL.
 */
struct value *results_data(const struct attempt_end *end, struct history *history);
