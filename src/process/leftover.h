/* The processes that a program has left when it ended, in words for people. */
#pragma once
#include "base/text.h"
#include "process/children.h"

struct leftover {
    size_t count;      /* processes */
    struct text names; /* "python3 train.py, sleep 60, sh and 2 more" */
};

/* Adds the command line of a process; false when it cannot be read. */
bool leftover_add_command(struct text *out, pid_t pid);

/* Describes these processes, which may end at any time. Leaves out those that are about to end by themselves.
 * leftover_free() it. */
struct leftover leftover_describe(const struct pids *pids);
void leftover_free(struct leftover *leftover);
