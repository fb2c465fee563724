/* Text to values, without any idea of what a config holds. */
#pragma once
#include <stddef.h>

#include "config/fault.h"
#include "config/value.h"

/* Reads one document. Every fault is an error but for items that run into each other. After a fault of syntax
 * whose remedy is plain, such as a missing comma, reading goes on as if it had been fixed. The value is also
 * returned then, and when keys are given twice, so that more faults can be looked for in it; NULL when the
 * text cannot be read at all. */
struct value *config_parse_text(const char *text, size_t len, struct faults *faults);
/* The same for a text that faults_add_source() gave a number, which the places then have. */
struct value *config_parse_source(const char *bytes, size_t len, uint32_t source, struct faults *faults);
