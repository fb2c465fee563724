/*
 * Two processes instead of one, so that nothing outlives furcate, whichever of them is killed:
 *
 *   guardian          what the user started: passes signals on, adopts orphans, waits
 *    └─ runner        the event loop, in a process group of its own
 *        └─ attempts
 *
 * When the runner dies the guardian ends whatever it has left; when the guardian dies the runner ends its
 * attempts and stops. They notice by the socket between them.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

/* By its value a process is known to come from one runner. */
#define RUNNER_VARIABLE "FURCATE_RUNNER"

/* The runner's end. */
struct guard {
    pid_t guardian;
    const char *token; /* of the runner, which all that it starts has as RUNNER_VARIABLE in its environment */
    int channel;       /* readable when the guardian is gone */
    char *group;   /* folder of the control group that the guardian removes at the end, if the runner made it;
                      NULL   where no cgroup v2 is mounted */
    bool detached; /* from the terminal */
};

/*
 * Forks the runner, which calls `work` and exits with its result; returns that exit status once nothing is
 * left of the runner and its attempts, or 128 + the signal that ended it.
 *
 * detach  returns as soon as guard_started() was called, with 0; guardian and runner go on in a session of
 * their own
 */
int guard_run(int (*work)(struct guard *guard, void *context), void *context, bool detach);

/* The runner is ready: from here on the terminal's signals come through the guardian only. When detached,
 * stdout and stderr of both go to `log_fd`. */
void guard_started(struct guard *guard, int log_fd);
/* Lets the guardian hold a lock (F_OFD_SETLK) until all is gone, also when the runner dies first. */
void guard_share_lock(struct guard *guard, int lock_fd);
/* All attempts are stopped, after a SIGTSTP: the guardian may stop. */
void guard_paused(struct guard *guard);
