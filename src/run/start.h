/* The circumstances of this start of furcate, for the record: the command, the folder, the user, the commit.
 */
#pragma once
#include "config/value.h"
#include "run/runner.h"

/* Describes it for store_set_start(). One reference. */
struct value *start_describe(const struct runner *runner);
/* Formats arguments, NULL-terminated, as a JSON array; free() it. */
char *start_format_words(char *const *words);
