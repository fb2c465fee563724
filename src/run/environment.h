/* The environment of an attempt: the runner's own, less what furcate sets, plus what it sets. */
#pragma once
#include "run/slot.h"
#include "store/store.h"

struct environment;

struct environment *environment_create(void);
void environment_destroy(struct environment *environment);
/* FURCATE_CONFIG, FURCATE_RUN_DIR, FURCATE_ID, FURCATE_NAME, FURCATE_GPU, FURCATE_ATTEMPT, FURCATE_METRICS,
 * the variables that show the slot's GPU only, and on a CPU slot OMP_NUM_THREADS = threads unless the user
 * set it. All in one piece; free() it. */
char **environment_for(const struct environment *environment, const struct run *run, const struct slot *slot,
                       int threads);
/* The same for the fork server: no GPU is to be seen, since a fork could not use it, and no run is known yet.
 * OMP_NUM_THREADS, which a library reads when it is loaded, is set if `threads` is not 0. */
char **environment_for_server(const struct environment *environment, int threads);
