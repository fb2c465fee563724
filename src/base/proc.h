/* Processes as /proc shows them (proc(5)). */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

struct proc_stat {
    char state; /* 'Z' and 'X': it has ended */
    pid_t parent, session;
    uint64_t start; /* clock ticks since boot; with the pid it names a process for good, as pids come again */
};

/* Returns whether /proc shows processes under the pids that this process knows them by. It does not when it
 * is missing, and when it is mounted for another pid namespace. */
bool proc_is_own(void);
/* Reads /proc/PID/stat. Returns false for a process that is gone. */
bool proc_read_stat(pid_t pid, struct proc_stat *stat);
/* Adds the words of its command line, each of which ends with a NUL: none of a process that has ended.
 * Returns false where /proc does not show it. */
bool proc_read_command(pid_t pid, struct text *words);
/* Returns the start of a process; 0 when it is not known. */
uint64_t proc_start(pid_t pid);
/* Returns whether the process with this pid and start has provably ended. `start` 0: not known. */
bool proc_has_ended(pid_t pid, uint64_t start);
