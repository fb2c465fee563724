/*
 * Rows that were in run_data.csv and are there no more: people delete rows so that these are run again, and a
 * spreadsheet that saves what it loaded an hour ago deletes them without anybody's will.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "base/vector.h"
#include "store/results_file.h"

struct gone {
    VECTOR(int64_t) written;            /* ids of the rows that this runner has written, in their order */
    uint64_t before;                    /* rows that were there when it began */
    unsigned opened;                    /* file->opened, as far as it was noted */
    size_t written_then;                /* how many were written when the file was opened that time */
    bool is_looked_at;                  /* since then */
    uint64_t written_gone, before_gone; /* as the last look found them */
};

/* Begins with the file as it is: `rows` are in it. */
void store_gone_begin(struct gone *gone, const struct results_file *file, uint64_t rows);
/* Notes a row that was written just now. */
void store_gone_note_row(struct gone *gone, const struct results_file *file, int64_t id);
/*
 * Looks for rows that are gone, when the file was opened again since the last look, because another program
 * had changed it. Adds a line to `notes` when there are more than before.
 *
 * at_once  also when the change was just now, and the other program may still be writing
 */
bool store_gone_look(struct gone *gone, const struct results_file *file, bool at_once, struct text *notes,
                     struct error *err);
void store_gone_free(struct gone *gone);
