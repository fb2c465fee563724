/* Runs that failed and are tried again, after a back-off: 1 s, 2 s, 4 s, … at most a minute. */
#pragma once
#include "run/runner.h"

/* Takes the run over; it becomes ready after the back-off for its number of attempts. */
void retry_later(struct runner *runner, struct run *run);
/* Ranks the waiting and ready runs in the current plan, which is new, and notes them as taken; those that are
 * not in it are dropped. */
void retry_take(struct runner *runner);
/* Calls visit for each run that waits or is ready. */
void retry_each(struct runner *runner, void (*visit)(struct runner *runner, const struct run *run));
/* Ends all waiting and drops the runs that are ready: nothing more is to be started. */
void retry_drop_all(struct runner *runner);
