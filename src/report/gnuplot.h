#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Runs gnuplot on a script that writes a picture to its stdout, and puts the picture at `path`: beside it
 * first, so that a picture is there whole or not at all. Returns false (ERROR_SYSTEM), with what gnuplot
 * says, when it is not on PATH, fails, or takes more than a minute.
 */
bool report_gnuplot(const char *path, const struct text *script, struct error *err);
