/* What comes of an attempt that has ended: its run is finished, tried again, given up, or was stopped. */
#pragma once
#include "run/attempt.h"
#include "run/runner.h"

/* Tells the log and the store. The run is taken from the attempt unless it was stopped. */
void settle(struct runner *runner, struct attempt *attempt);
