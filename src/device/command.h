/* Asking a vendor's command line tool. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Runs a program found on PATH, with stdin at /dev/null, and adds its stdout and stderr to `output`. A
 * program that takes longer than `limit_ms` or prints more than 256 KiB is killed, with the children it left
 * in its process group. Returns false (ERROR_SYSTEM) when it is not there (err->number is ENOENT), was
 * killed, or exits with another status than 0; the message has the first of what it printed.
 *
 * argv  NULL-terminated; argv[0] is the program
 */
bool device_command(char *const argv[], int limit_ms, struct text *output, struct error *err);
