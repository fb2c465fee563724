/* From options to a runner that can begin: each step says what is wrong and what to do about it. */
#pragma once
#include "run/runner.h"

/* Reads config and plan, finds program, devices and store, and what is finished already. Faults of the config
 * are printed to stderr as they are; err then has no text. */
bool prepare_runner(struct runner *runner, struct error *err);
