#pragma once
#include "run/runner.h"

/* Logs what is about to be done: the plan, what is finished already, the slots, and settings that have no
 * effect. */
void announce_start(struct runner *runner);
