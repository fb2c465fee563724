/* The search for programs on PATH. */
#pragma once

/* Returns the path of a program, searched on PATH when its name has no slash; NULL when there is none that
 * can be executed. free() it. */
char *path_find_program(const char *name);
