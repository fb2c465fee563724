/* The environment of an attempt: the runner's own, less what furcate sets, plus what it sets. */
#pragma once
#include <stdbool.h>

#include "run/slot.h"
#include "store/store.h"

struct environment;

/* script_plan: FURCATE_PLAN, by which a script that runs several plans finds out which one a run is of; NULL:
 * none.
 * leaves_devices: CUDA_VISIBLE_DEVICES and the like are those of the runner */
struct environment *environment_create(const char *script_plan, bool leaves_devices);
void environment_destroy(struct environment *environment);
/* FURCATE_CONFIG, FURCATE_RUN_DIR, FURCATE_ID, FURCATE_NAME, FURCATE_GPU, FURCATE_SLOT, FURCATE_ATTEMPT,
 * FURCATE_METRICS, the variables that show the slot's GPU only, and PYTHONUNBUFFERED=1 and on a CPU slot
 * OMP_NUM_THREADS = threads, each unless the user set it. All in one piece; free() it. */
char **environment_for(const struct environment *environment, const struct run *run, const struct slot *slot,
                       int threads);
/*
 * The same for the fork server, of which no run is known yet. On CPU slots `threads` is not 0: no GPU is seen
 * then, and OMP_NUM_THREADS, which a library reads when it is loaded, is set. Else it sees the GPUs that the
 * runner was given: a script that asks whether there is one must not be told that there is none, and one that
 * opens one is found out by that.
 *
 * random_state  FURCATE_RANDOM_STATE; NULL: none
 */
char **environment_for_server(const struct environment *environment, int threads, const char *random_state);
