/* What the machine allows a runner: open files (RLIMIT_NOFILE), which bound how many slots it can serve, and
 * threads. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* Returns false when the stack (RLIMIT_STACK) is too small for any command: the first deep call would end it
 * by SIGSEGV, without a word. */
bool limits_check_stack(struct error *err);

/*
 * Raises this process' soft limit on open files to the hard one. Attempts get back what launcher_create()
 * found before: a program that uses select(2) breaks once it is given files above 1024. Returns false when a
 * runner cannot work at all: libuv would end the program for want of files or threads.
 */
bool limits_open(struct error *err);
/* How many slots the files that can still be opened suffice for, beside what the runner itself needs; at
 * least 1. */
size_t limits_slots(void);
/* The soft limit itself. */
size_t limits_files(void);
