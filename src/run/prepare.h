/* From options to a runner that can begin: each step says what is wrong and what to do about it. */
#pragma once
#include "run/runner.h"

/* Reads config and plan, finds program, devices and store, and what is finished already. Faults of the config
 * are printed to stderr as they are; err then has no text. */
bool prepare_runner(struct runner *runner, struct error *err);
/* Whether the data_dir of a Fork program's run is still there; on failure the error may pass. */
bool prepare_check_data_dir(const struct runner *runner, const struct run *run, struct error *err);
