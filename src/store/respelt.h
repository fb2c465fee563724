/* Spellings in which a spreadsheet or a person leaves the value of a cell: "0,5", "100,000", "WAHR", " 1-2 ".
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

enum { STORE_RESPELT = 4 };
/* Sets *out to what the cell's text says in the i-th of the STORE_RESPELT ways to read it; false: it is not
 * written in that way. */
bool store_respelt_read(const char *text, size_t len, size_t i, struct text *out);
