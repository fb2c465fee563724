/*
 * What a spreadsheet, or an editor, can make of run_data.csv so that its rows say nothing any more, or
 * something else. Such a file is refused: its runs would all be done again.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "config/value.h"
#include "store/columns.h"
#include "store/csv.h"

/* Whether the header, which the reader has just read into `columns`, is that of a CSV with commas. */
bool store_misread_header(const struct csv_reader *reader, const struct columns *columns, struct error *err);
/* For a header that has no column that anybody looks for. Returns false. */
bool store_misread_columns(const char *path, const struct columns *columns, struct error *err);
/* Whether one of the columns is one that furcate adds: meta, log_dir, run_id … */
bool store_misread_has_own(const struct columns *columns);

enum record_kind {
    RECORD_ROW,
    RECORD_EMPTY,  /* cells without content, or the header once more */
    RECORD_MISREAD /* err is set */
};
/*
 * What the reader's record is.
 *
 * id_column  that of run_id; columns->count when there is none
 */
enum record_kind store_misread_record(const struct csv_reader *reader, const struct columns *columns,
                                      size_t id_column, struct error *err);

/* Whether the cell's text is what a spreadsheet shows of the number: rounded, to six digits or more. */
bool store_misread_is_rounded(const char *text, size_t len, const struct value *number);
/* The form of a cell's text, if spreadsheets give it to texts that look like a date, a time or a number:
 * "2-Jan", "10:30:00", "1/2/2020", "1.00E+05"; -1: it is no such text. */
int store_misread_form(const char *text, size_t len);
/* Errors for a cell of the reader's record; both return false. `shown`: the cell's text. */
bool store_misread_rounded(const struct csv_reader *reader, const char *column, struct csv_cell shown,
                           const struct value *number, struct error *err);
bool store_misread_bytes(const struct csv_reader *reader, const char *column, struct error *err);
