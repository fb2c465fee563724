/*
 * run_data.csv under the hands of a runner: rows are appended durably, a new column rewrites the file. The
 * user may edit, replace or delete it at any time; each append looks at what is there.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/columns.h"
#include "store/csv.h"
#include "store/row.h"

struct results_file {
    char *path;
    int fd;                  /* -1: there is no file, or it could not be opened */
    struct stat seen;        /* the file as this process left it */
    unsigned opened;         /* how often it was opened: at first, and after others had changed it */
    struct timespec changed; /* by others, the last time */
    off_t remains; /* at most so many bytes behind that are of an append that could not be taken back */
    struct columns columns;
    bool crlf;
    bool lacks_newline; /* somebody's editor left the last line without one */
};

/* Opens the file and reads its header; one that is not there is fine. */
bool store_results_open(struct results_file *file, const char *path, struct error *err);
void store_results_close(struct results_file *file);
/* Ends the last line with a newline, or cuts the file off at `size`. */
bool store_results_end_line(struct results_file *file, struct error *err);
bool store_results_cut(struct results_file *file, uint64_t size, struct error *err);

/* Appends the rows, all or none, and syncs them. *was_replaced tells that another file was put in the place
 * of the table meanwhile, with or without them. */
bool store_results_append(struct results_file *file, const struct row *const *rows, size_t count,
                          bool *was_replaced, struct error *err);

/* Returns whether the file is as this process left it. */
bool store_results_are_unchanged(const struct results_file *file);

/* Reads the header at the reader into `columns`, where each name stands once. False with err set, or, at the
 * end of an empty file, err->kind ERROR_NONE. */
bool store_results_read_header(struct csv_reader *reader, struct columns *columns, struct error *err);
/* Writes the file anew with these columns, of which the caller tells the file, and further rows; for
 * store_results_append(). */
bool store_results_rewrite(struct results_file *file, const struct columns *columns,
                           const struct row *const *rows, size_t count, struct error *err);
/* Reads what stands at the path now. */
bool store_results_reopen(struct results_file *file, struct error *err);
