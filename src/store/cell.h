/* Values as the text of a CSV cell, and what such a text may mean. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "config/value.h"

/* Adds the cell of a value: a scalar's text, "" for null, JSON for arrays and objects. A string that would
 * read back as something else is written as a JSON string. */
void store_cell_add(struct text *out, const struct value *value);

/* The index of a value, -1 when there is none. */
typedef int64_t store_cell_find(const void *context, const struct value *value);
/*
 * Gives `find` the meanings of a cell's text (decoded from CSV), the most exact first, until it knows one:
 * pandas, spreadsheets and the Python original write 32 as 32.0, true as TRUE, null as None, arrays with
 * single quotes. Returns what `find` returned last.
 */
int64_t store_cell_match(const char *text, size_t len, store_cell_find *find, const void *context);
