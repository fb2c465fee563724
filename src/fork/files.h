/* The open files of a program in its forks. */
#pragma once
#include "base/vector.h"

struct open_file {
    int fd, twin; /* twin: a file of the list that it shares its position with, by dup(2); -1: none */
};

/* Those that are regular files, above stderr. */
struct open_files {
    VECTOR(struct open_file) list;
};

/* Those of this process; vector_free() the list. No other process may move in them meanwhile. */
struct open_files files_find(void);
/*
 * Opens them anew, each at its number, with its flags and at its position: a fork shares the position with
 * its parent and with other forks, and who reads would leave the rest to them. What cannot be opened again
 * stays shared.
 */
void files_reopen(const struct open_files *files);
