/* What a run of a wrapped program came to: its times and metrics. */
#pragma once
#include "report/report.h"
#include "store/store.h"

/* The settings by which a run's results are made. */
struct results_settings {
    struct value *metrics;             /* expressions by metric; NULL: none */
    struct config_objective objective; /* its texts are borrowed from the run or the config */
};

/* Returns the settings of the config as it is now; for a metric without an expression in it, and where it has
 * no objective, those with which the run started: no edit takes a result from a run that executes.
 * results_settings_free() it. */
struct results_settings results_settings_of(const struct run *run, const struct config *config);
void results_settings_free(struct results_settings *settings);

/* Whether there is anything to read for results_read(): metrics.jsonl, or expressions in `metrics` (or NULL).
 */
bool results_has_metrics(const struct run *run, const struct value *metrics);
/* Reads metrics.jsonl and the expressions' matches in NAME.log and NAME.err. What cannot be read is left out;
 * then false, with the last reason. */
bool results_read(struct history *history, const struct run *run, const struct value *metrics,
                  struct report_faults *faults, struct error *err);
/* Returns whether the latest attempt of a run has reported any metric, by its files or by the expressions.
 * Files too large to be read on the event loop count as if it had. */
bool results_has_reports(const struct run *run, const struct value *metrics);
/*
 * meta.data of a run: start_time … total_time_string, then the last value of each metric under its own name,
 * then the best step where the objective asks for it, then epochs, the last step. A metric whose name is
 * taken by one of these is metric_NAME, and faults->renamed. history and faults may be NULL.
 */
struct value *results_data(const struct attempt_end *end, struct history *history,
                           const struct config_objective *objective, struct report_faults *faults);
/* Returns whether a run has a value of a metric in its results, or as one of its keys. */
bool results_have(const struct value *data, const struct value *keys, const char *metric);
/* Reads meta.data out of the run_data.json that a run wrote itself; NULL when that cannot be. */
struct value *results_read_own(const struct run *run);
