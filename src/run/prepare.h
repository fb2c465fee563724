/* From options to a runner that can begin: each step says what is wrong and what to do about it. */
#pragma once
#include "run/runner.h"

/* Reads config and plan, finds program, devices and store, and what is finished already. Faults of the config
 * are printed to stderr as they are; err then has no text. */
bool prepare_runner(struct runner *runner, struct error *err);
/* Whether a run would find the working directory and a Fork program's data_dir, which somebody may have
 * deleted or unmounted; on failure the error may pass. */
bool prepare_check_folders(struct runner *runner, const struct run *run, struct error *err);
