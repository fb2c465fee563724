/* What is wrong in a file and in what was typed beside it, all of it at once, with the lines it concerns. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "config/value.h"

enum fault_level { FAULT_WARNING, FAULT_ERROR };

enum { FAULTS_MOST_SHOWN = 100 }; /* of each level */

struct faults; /* of one file */

/* `name` is the file as the user knows it. */
struct faults *faults_create(const char *name);
void faults_destroy(struct faults *faults);
/* The file's text, whose lines are shown; copied. Before that, faults show no lines. */
void faults_set_source(struct faults *faults, const char *text, size_t len);
/* A text beside the file, such as "--set epochs"; both copied. Returns its number for value_place.source. */
uint32_t faults_add_source(struct faults *faults, const char *name, const char *text, size_t len);
/* Adds a fault: what is wrong and what to do about it. place.line 0: it concerns the whole file. */
void fault_add(struct faults *faults, enum fault_level level, struct value_place place, const char *format,
               ...) __attribute__((format(printf, 4, 5)));
/* Moves all faults of `from` to `faults`, places and all. */
void faults_move(struct faults *faults, struct faults *from);
/* Returns whether something is wrong at this very place. */
bool faults_are_at(const struct faults *faults, struct value_place place);
size_t faults_count(const struct faults *faults, enum fault_level level);
/*
 * Adds all faults to `out`, errors and warnings, sorted by line; those of the texts beside the file follow:
 *
 *   config.json:4:5: error: 'batch_sise' …; did you mean 'batch_size'?
 *       4 |     "batch_sise": 32
 *         |     ^
 *   --set epochs: error: 'epochs' must be a positive integer, but is "many"; …
 *         | many
 *         | ^
 *
 * Of many, the first FAULTS_MOST_SHOWN of each level, and how many more there are.
 */
void faults_add_text(const struct faults *faults, struct text *out);
/* Moves through the faults in that order, a line of text each and no source line, for the log: `i` from 0 on;
 * NULL at the end. Borrowed. */
const char *faults_line(const struct faults *faults, size_t i, enum fault_level *level);
