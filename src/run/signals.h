/* The signals that people and terminals send to the runner, by way of its guardian. */
#pragma once
#include "run/runner.h"

/* SIGINT, SIGTERM and SIGHUP stop the runner, the second of them at once; SIGTSTP pauses the attempts,
 * SIGCONT lets them go on. A guardian that is gone ends all at once. */
void signals_open(struct runner *runner);
void signals_close(struct runner *runner);
