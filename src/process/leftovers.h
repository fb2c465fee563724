/* What a killed runner has left executing. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

/* A runner that was killed together with its guardian; both are dead for sure. */
struct dead_runner {
    pid_t guardian;
    uint64_t start; /* of the runner, see proc_start() */
    const char *token;
    const char *group; /* folder of its control group, as a file names it; "": it had none */
};

/*
 * Ends the processes of a dead runner, so that none of them writes to the log dir any more: those in its
 * control group, and those that have its token in their environment, with their descendants. Spares this
 * process' ancestors and its session, which may have inherited the token. Waits until they are gone, ten
 * seconds at most. Returns how many there were.
 */
int leftovers_end(const struct dead_runner *runner);
