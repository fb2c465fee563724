/*
 * All that furcate itself prints, of which nothing reaches a terminal that it would obey: each %s is made
 * visible (base/display.h). Nothing else in src/ writes to stderr and stdout, but the live line, which has
 * escapes of its own; script/check-terminal holds the code to that.
 */
#pragma once
#include "base/error.h"

/* Prints a message to stderr. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints a message of several lines to stderr. */
void tell_lines(const char *lines);
/* Prints "WHO: what is wrong" to stderr. */
void tell_error(const char *who, const struct error *err);

/* Prints a result for people to stdout. */
void tell_result(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tell_result_lines(const char *lines);
/* Prints a result for programs to stdout, as it is; where stdout is a terminal it is made visible. */
void tell_data(const char *data);
/* Prints a piece of JSON to stdout. It means the same, whoever reads it, and holds nothing for a terminal. */
void tell_json(const char *json);
