/* Decides what runs next, and what an ended attempt means. */
#pragma once
#include "run/attempt.h"

/* Starts attempts until no slot is free or nothing is left; closes the runner's handles once nothing can
 * come. */
void schedule_refill(struct runner *runner);
/* An attempt has ended: its slot is refilled first, then its end is recorded. */
void schedule_ended(struct runner *runner, struct attempt *attempt);
/* Closes every handle of the runner when all is done and written, so that the loop returns. */
void schedule_close_when_done(struct runner *runner);
