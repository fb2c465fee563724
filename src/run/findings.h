/* Metrics of finished runs that could not be used, or never came: the log tells of them, and they are counted
 * for the summary. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "report/report.h"
#include "run/results.h"
#include "store/store.h"

struct findings {
    uint64_t unread;           /* runs with lines in metrics.jsonl that could not be read */
    uint64_t telling;          /* runs that say what they could not report */
    char telling_example[512]; /* the first of these, and why */
    uint64_t cut;              /* runs with numbers in their output that go on in an unknown way */
    uint64_t costly;           /* runs with output on which an expression takes too long */
    uint64_t without;          /* runs without a value of the objective */
    uint64_t unmatched;        /* runs without a value of another metric of meta.metrics */
    char no_numbers[REPORT_MOST_TOLD][80]; /* names of metrics that were told to have values that are none */
    size_t no_number_count;
    struct report_names renamed, nameless; /* names of metrics that were told of as such */
    bool told_of_unmatched, told_of_cut, told_of_word, told_of_without; /* these are told once */
};

/* Notes and logs what could not be used of a run's reports. */
void findings_note(struct findings *findings, struct log *log, const struct run *run,
                   const struct report_faults *faults);
/* Notes a run whose output gave no value for a name of meta.metrics other than the objective. */
void findings_note_metrics(struct findings *findings, struct log *log, const struct run *run,
                           const struct results_settings *settings, const struct report_faults *faults,
                           struct history *history);
/* Notes a run that has no value of the objective, if there is one.
 *
 * data    its meta.data
 * faults  NULL: its output was not searched, since it wrote its results itself
 */
void findings_note_objective(struct findings *findings, struct log *log, const struct run *run,
                             const struct results_settings *settings, const struct value *data,
                             const struct report_faults *faults);
/* Prints the counts to stderr, each with what to do. */
void findings_print(const struct findings *findings, const char *log_dir);
