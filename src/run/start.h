/* What this start of furcate was given, for the record: what ran, where, by whom, of which commit. */
#pragma once
#include "config/value.h"
#include "run/runner.h"

/* Describes it for store_set_start(). One reference. */
struct value *start_describe(const struct runner *runner);
/* Arguments, NULL-terminated, as a JSON array; free() it. */
char *start_format_words(char *const *words);
