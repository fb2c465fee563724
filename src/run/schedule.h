/* Decides what runs next, and what an ended attempt means. */
#pragma once
#include "run/attempt.h"

/* Starts attempts until no slot is free or nothing is left. Once all is done and written, closes every handle
 * of the runner, so that the loop returns. */
void schedule_go_on(struct runner *runner);
/* An attempt has ended: its slot is refilled first, then its end is recorded. */
void schedule_ended(struct runner *runner, struct attempt *attempt);
