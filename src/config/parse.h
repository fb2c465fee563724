/* Text to values, without any idea of what a config holds. */
#pragma once
#include <stddef.h>

#include "config/fault.h"
#include "config/value.h"

/* Reads one document. Every fault is an error. The value is also returned when keys are given twice, so that
 * more faults can be looked for in it; NULL when the text cannot be read at all. */
struct value *config_parse_text(const char *text, size_t len, struct faults *faults);
