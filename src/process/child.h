/* What a child does between its birth and its program. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "process/launch.h"

/* Read by the child, in its parent's memory, while the parent goes on: nothing here may change before the
 * child has ended, or is known to execute its program. */
struct child {
    struct launch launch;
    struct rlimit files; /* its limit on open files */
    int null_fd;
    pid_t runner;
    bool adopts;    /* the orphans among its descendants */
    uint64_t reset; /* signals that are to have their default again; bit n - 1 for signal n */
    int error;      /* written by the child: what kept it from executing its program; 0: nothing */
};

/* Executes the program of a struct child; ends with exit status 127 when it cannot. All signals are blocked
 * until it has reset them. */
int child_start(void *argument);
