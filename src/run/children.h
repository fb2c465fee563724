/* The child processes of this process, as the kernel lists them. */
#pragma once
#include <stddef.h>
#include <sys/types.h>

#include "base/vector.h"

struct pids {
    pid_t *items;
    size_t count, capacity;
};

/* Adds the children of a process, those that have ended and were not waited for included. A process that is
 * gone has none. vector_free() the list. */
void children_list(pid_t parent, struct pids *children);
