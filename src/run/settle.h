/* What comes of an attempt that has ended: its run is finished, tried again, given up, or was stopped. */
#pragma once
#include "run/attempt.h"
#include "run/runner.h"

/* Tells the log and the store, and releases the attempt. Unless the runner is to stop, it does so later for
 * two kinds: every two seconds it looks again whether a run is finished where that cannot be seen; and it
 * waits a second where the attempt ended by SIGTERM or the like, since the runner may be about to get the
 * same. */
void settle(struct runner *runner, struct attempt *attempt);
/* Settles a run whose attempt could not be started by its own fault (error.is_of_run). Takes over the run. */
void settle_unstarted(struct runner *runner, struct slot *slot, struct run *run, const struct error *why);
/* Settles again every attempt that waits to be settled. */
void settle_waiting(struct runner *runner);
void settle_open(struct runner *runner);
void settle_close(struct runner *runner);
