/* Metric reports: one JSON object a line in metrics.jsonl, {"step": 3, "time": 1606924973.0, "accuracy":
 * 0.91}. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "config/value.h"

/* --- writing, in the run --- */

struct report_metric {
    const char *name;
    double value;
};

/* Adds one report to the file as a single append. NaN and infinities are written as Python's json does. A
 * metric cannot be called "step" or "time" (ERROR_USAGE). */
bool report_write(const char *path, int64_t step, const struct report_metric *metrics, size_t count,
                  struct error *err);

/* --- history: the values of each metric over the steps --- */

struct history;
struct history *history_create(void);
void history_destroy(struct history *history);
/* A metric reported twice for one step keeps the later value. Steps count from 1; when the first report is of
 * step 0, all steps are taken as one more. A step left out reads as NaN. Steps below that and above 10^7 are
 * not added, nor what would take a history beyond 512 MiB. */
void history_add(struct history *history, int64_t step, const struct report_metric *metrics, size_t count);
/* Adds all reports of a metrics.jsonl. A report without "step" has its line's number; numbers may be NaN,
 * Infinity and -Infinity, also in quotes; values that are no numbers are left out. A torn last line is left
 * out; a line that is no report, is longer than 1 MiB, or has a step that cannot be added is skipped and
 * counted in *skipped (may be NULL). A file that is not there adds nothing. */
bool history_read(struct history *history, const char *path, size_t *skipped, struct error *err);
size_t history_metric_count(const struct history *history);
const char *history_metric_name(const struct history *history, size_t i);
/* The values of a metric up to its last report, step 1 first; metrics of one history may differ in *count.
 * NULL and 0 when it was never reported. Borrowed until the next add. */
const double *history_values(const struct history *history, const char *metric, size_t *count);
/* {"loss": [0.9, 0.4], "val_loss": […]}, in the order of first report. */
void history_add_json(const struct history *history, struct text *out);

/* --- metrics of a program that knows nothing of furcate --- */

/*
 * Looks through a run's output for the regular expressions (POSIX extended) of meta.metrics, one value a
 * match: the first parenthesised part, or, in an expression that has none, the first number of the whole
 * match. The n-th match of a metric that is a number is its step n. A carriage return ends a line as a
 * newline does; of lines over 64 KiB the beginning is searched. A file that is not there has no match.
 *
 * metrics  object: name to expression; NULL: none
 */
bool report_scan_output(struct history *history, const char *path, const struct value *metrics,
                        struct error *err);

/* --- plots --- */

struct report_curves {
    size_t count;                /* of each array */
    const double *epochs;        /* finite; NULL: 1, 2, … count */
    const double *train, *valid; /* either may be NULL */
};

/*
 * Saves a JPEG (1200 x 800) of the train and validation curve over the epochs with gnuplot, run as a process.
 * NaN and infinities leave a gap, but a curve without two neighbouring values is joined across them; with no
 * finite value at all the picture says so. ERROR_SYSTEM, with gnuplot's own message, when it is not there or
 * fails; the picture at `path` is then the one that was there before.
 */
bool report_plot(const char *path, const char *metric, const struct report_curves *curves, struct error *err);
