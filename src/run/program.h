/* The program that attempts execute: where it is, and whether it can be executed. */
#pragma once
#include <stdbool.h>

#include "base/error.h"

/* Returns the path of the interpreter that the first line of a script names, "#!/usr/bin/env python3" with
 * what env finds; NULL when the file is no script. free() it. */
char *program_find_interpreter(const char *path);
/* Returns whether a file is a script: it is named .py, or its first line names an interpreter. */
bool program_is_script(const char *path);
/*
 * Returns the program's path as path_find_program() does, and checks its first line, whose interpreter must
 * be there.
 *
 * stands_for  the argument with placeholders that `name` was made of, for the message; NULL: none
 * Returns NULL with err set (ERROR_USAGE), which says what to do.
 */
char *program_check(const char *name, const char *stands_for, struct error *err);
