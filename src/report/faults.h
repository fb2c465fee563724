/* Notes of what could not be used of reports. `faults` may be NULL everywhere. */
#pragma once
#include "report/report.h"

void report_faults_note_line(struct report_faults *faults, size_t number, const char *why, const char *text);
void report_faults_note_no_number(struct report_faults *faults, size_t number, const char *key);
void report_faults_note_nameless(struct report_faults *faults, const char *name);
void report_faults_note_cut(struct report_faults *faults, const char *metric, const char *text);
void report_faults_note_dropped(struct report_faults *faults, size_t count, int64_t from);
void report_faults_note_told(struct report_faults *faults, const char *text);
void report_faults_forget_told(struct report_faults *faults);
void report_faults_note_in_word(struct report_faults *faults, const char *metric, const char *text);
/* Notes that the expression of a metric takes too long on a line. is_given_up: it is left out from there on.
 */
void report_faults_note_costly(struct report_faults *faults, const char *metric, size_t line,
                               bool is_given_up);
/* Names the file of the costly line, if there is one. */
void report_faults_name_costly(struct report_faults *faults, const char *path);
/* Adds what one file of an output had. */
void report_faults_add_output(struct report_faults *faults, const struct report_faults *output);
/* Forgets what an attempt's output had. */
void report_faults_forget_output(struct report_faults *faults);
