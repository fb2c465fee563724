/* Stopping all attempts for a while, as ^Z at the terminal asks, and letting them go on. Their timeouts wait
 * too. */
#pragma once
#include "run/runner.h"

void pause_begin(struct runner *runner);
/* Does nothing when there is no pause. */
void pause_end(struct runner *runner);
