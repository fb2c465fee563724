/* Metric reports: one JSON object a line in metrics.jsonl, {"step": 3, "time": 1606924973.0, "accuracy":
 * 0.91}. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "config/config.h"
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
/* Adds a line {"fault": TEXT}, which tells the runner what this run could not report. */
bool report_write_fault(const char *path, const char *text, struct error *err);

/* --- history: the values of each metric over the steps --- */

struct history;
struct history *history_create(void);
void history_destroy(struct history *history);
/* A metric reported twice for one step keeps the later value. Steps count from 0 or 1, and may be of any
 * size, as tokens and samples are. Returns false for a step below 0, and when the history is full: of 16
 * million points it keeps every other one, so that only millions of metrics fill it. */
bool history_add(struct history *history, int64_t step, const struct report_metric *metrics, size_t count);

enum { REPORT_MOST_TOLD = 10 };

/* The first names of metrics of one kind, for people. */
struct report_names {
    char items[REPORT_MOST_TOLD][80];
    size_t count;
};
/* Returns true when a name was added: it was not there, and there was room. */
bool report_names_add(struct report_names *names, const char *name);

/* The parts of a run's reports that could not be used, for people. Texts are "" when there is none. */
struct report_faults {
    size_t lines;      /* of metrics.jsonl that could not be read */
    size_t first_line; /* the first of these, counted from 1 */
    const char *why;   /* it could not be read */
    char excerpt[80];  /* its beginning */
    struct report_no_number {
        char name[80]; /* of a metric whose value is no number, on a line that has others */
        size_t line;   /* the first of these */
    } no_numbers[REPORT_MOST_TOLD];
    size_t no_number_count;
    char cut_metric[80]; /* the first metric in the output whose number goes on in an unknown way */
    char cut_text[80];   /* the output there */
    size_t cuts;         /* how many numbers go on in an unknown way */
    char in_word[80];    /* the first metric whose match begins within a word, as "loss" does in "val_loss" */
    char in_word_text[80];  /* the output there, from the word's beginning */
    char costly_metric[80]; /* the first metric whose expression takes too long on a line of the output */
    size_t costly_line;     /* the first such line; 0: there is none */
    char costly_file[80];   /* in which file */
    bool is_given_up;       /* that expression was left out in the rest of it */
    uint64_t matched;     /* bit i: the expression i of meta.metrics matches in the output; of the first 64 */
    uint64_t given_up;    /* bit i: it was left out in the rest of a file of the output */
    size_t dropped;       /* values of earlier attempts that do not count */
    int64_t dropped_from; /* the step at which a later attempt began; -1: the last has reported nothing */
    size_t told;          /* what the last attempt says it could not report */
    char first_told[160]; /* the first of these */
    struct report_names renamed;  /* metrics whose column has another name, since its own is taken */
    struct report_names nameless; /* names in metrics.jsonl that no metric can have */
};

/*
 * Adds the reports of a metrics.jsonl. A report without "step" has its line's number, counted within its
 * attempt and without empty lines. Numbers may be NaN, Infinity and -Infinity, also in quotes; values that
 * are no numbers are left out, but true is 1 and false 0. A line that is no report, is longer than 1 MiB, or
 * has no number is skipped and noted in *faults (may be NULL); not so one that was cut off where its attempt
 * ended. After the mark of an attempt, what is before it counts only up to the first step that follows, and
 * not at all when nothing does. A file that is not there adds nothing.
 *
 * attempts  how many the run had, so that {"attempt": 7} of a program is no mark; 0: this is not known
 */
bool history_read(struct history *history, const char *path, int attempts, struct report_faults *faults,
                  struct error *err);
/* Finds the last step that the latest attempt has reported in a metrics.jsonl, 0 when there is none. */
bool report_last_step(const char *path, int attempts, int64_t *step, struct error *err);
size_t history_metric_count(const struct history *history);
const char *history_metric_name(const struct history *history, size_t i);
/* Finds the value of a metric's last step. Returns false when it was never reported. */
bool history_last(struct history *history, const char *metric, double *value);
/* Finds the first of the best steps of a metric, as it was reported; NaN and infinities are never best.
 * Returns false when there is none. */
bool history_best(struct history *history, const char *metric, bool is_max, int64_t *step, double *value);
/* Returns the last step of all metrics, as it was reported; -1 when there is none. */
int64_t history_last_step(struct history *history);
/* Returns the same for people, who count from 1: one more when the steps begin at 0; 0 when there is none. */
int64_t history_epochs(struct history *history);
/*
 * The curves of a history have a value for each step from 1 on (from 0 on when there is a step 0), NaN for
 * one left out. Where steps are far apart (less than one of ten was reported, and the last is above 10,000),
 * they have a value for each step that any metric was reported for.
 *
 * Returns these steps, *count of them; NULL for all steps. Borrowed until the next add.
 */
const int64_t *history_steps(struct history *history, size_t *count);
/* Returns the curve of a metric up to its last report; metrics of one history may differ in *count. NULL and
 * 0 when it was never reported. Borrowed until the next add. */
const double *history_values(struct history *history, const char *metric, size_t *count);
/* {"loss": [0.9, 0.4], "val_loss": […]}, in the order of first report; before them "step": […] where there is
 * no value for each step. */
void history_add_json(struct history *history, struct text *out);

/* With an objective of the best step: adds best_NAME and best_NAME_step to a run's results, without which
 * `furcate best` would go by the last one. A result that was reported for no step counts as its own best.
 * Adds nothing where there is no finite value. */
void report_add_best(struct value *data, struct history *history, const struct config_objective *objective);
/* Returns true for the names of these two results. */
bool report_is_best_column(const char *name, const struct config_objective *objective);

/* --- metrics of a program that knows nothing of furcate --- */

/*
 * Looks through a run's output for the regular expressions (POSIX extended) of meta.metrics, one value a
 * match: the first parenthesised part that is a number, else {number}, else the first number of the whole
 * match; numbers are read whole, also where the match ends within one. The n-th match of a metric that is a
 * number is its step n. Only what the last attempt wrote counts, since each begins at step 1. A carriage
 * return ends a line as a newline does; escape sequences are no part of it; of lines over 64 KiB the
 * beginning is searched. A file that is not there has no match. A metric whose expression takes so long that
 * it is left out in the rest of the output has no value from there, since the last is not known. A metric
 * that the history has already is left as it is.
 *
 * metrics  object: name to expression; NULL: none
 * faults   gets numbers that go on in an unknown way, as "0,53" does, and a match that begins within a word;
 *          may be NULL
 */
bool report_scan_output(struct history *history, const char *path, const struct value *metrics,
                        struct report_faults *faults, struct error *err);
/* Adds all that a run has reported: metrics.jsonl of its run directory, and the expressions' matches in its
 * NAME.log and NAME.err. What cannot be read is left out; then false, with the last reason. */
bool report_read_directory(struct history *history, const char *directory, const char *name, int attempts,
                           const struct value *metrics, struct report_faults *faults, struct error *err);

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
