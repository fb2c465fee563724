/* The limit on open files (RLIMIT_NOFILE), which bounds how many slots a runner can serve. */
#pragma once
#include <stddef.h>

/* Raises this process' soft limit to the hard one. Attempts get back what launcher_create() found before: a
 * program that uses select(2) breaks once it is given files above 1024. */
void limits_raise(void);
/* How many slots the files that can still be opened suffice for, beside what the runner itself needs; at
 * least 1. */
size_t limits_slots(void);
/* The soft limit itself. */
size_t limits_files(void);
