/* What comes of an attempt that has ended: its run is finished, tried again, given up, or was stopped. */
#pragma once
#include "run/attempt.h"
#include "run/runner.h"

/* Tells the log and the store, and releases the attempt; every two seconds again while it cannot be seen
 * whether its run is finished, unless the runner is to stop. */
void settle(struct runner *runner, struct attempt *attempt);
/* The same for those that wait for that. */
void settle_waiting(struct runner *runner);
void settle_open(struct runner *runner);
void settle_close(struct runner *runner);
