/* Runs that failed and are tried again, after a back-off: 1 s, 2 s, 4 s, … at most a minute. */
#pragma once
#include "run/runner.h"

/* Whether the config allows a run that has failed a further attempt. */
bool retry_is_allowed(const struct runner *runner, const struct run *run);
/* Takes over what the failure owns; its run becomes ready after the back-off for its number of attempts, and
 * is started after those that were ready before it. */
void retry_later(struct runner *runner, const struct failure *failure);
/* Takes over what the failure owns; its run is ready at once, and its attempts so far do not count as its own
 * failures. */
void retry_elsewhere(struct runner *runner, const struct failure *failure);
/* Does the same for a run that was given up, or that waits. */
void retry_revive(struct runner *runner, int64_t id);
/* The config was edited: runs that were given up are tried again where it allows that now, and those that
 * wait are given up where it does not. Those that are ready are started. */
void retry_follow(struct runner *runner);
/* Ranks the waiting and ready runs in the current plan, which is new, and notes them as taken; those that are
 * not in it are dropped. */
void retry_take(struct runner *runner);
/* Calls visit for each run that waits or is ready. */
void retry_each(struct runner *runner, void (*visit)(struct runner *runner, const struct run *run));
/* Ends all waiting and drops the runs that are ready: nothing more is to be started. */
void retry_drop_all(struct runner *runner);
