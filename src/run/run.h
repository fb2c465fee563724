/* The runner: carries out the plan of a config on the slots of this machine. */
#pragma once
#include <stdbool.h>

#include "config/config.h"
#include "run/command.h" /* also for who shows a command without running it */

struct runner_options {
    const char *config_path;
    char *const *overrides; /* of plan_read(); NULL: none */
    enum config_use use;
    /*
     * The program and its arguments, NULL-terminated; NULL: meta.program. For a wrapped program
     * placeholders are replaced in each (argument.h); one that is its own runner (can_serve, or use
     * CONFIG_FOR_FORK) gets its own arguments as they are. A Fork program writes run_data.json itself.
     */
    char *const *program;
    /* Its get_filepaths is the default, which lists data_dir: that must be a folder of this machine. */
    bool lists_data_dir;
    /* The indices that the program's get_available_gpu_indices returned: a slot for each entry, so that a GPU
     * may be there twice; or -1 for each of some CPU slots. gpu_count -1: find the GPUs. */
    const int *gpu_indices;
    int gpu_count;
    bool shows_gpu;      /* each run shows itself its GPU: what the environment shows is left as it is */
    bool can_serve;      /* the program is this one, which can be forked: meta.start "auto" is "fork" then */
    const char *preload; /* modules that a Python imports once, to be forked for each run; NULL: none */
    const char *script_plan;  /* FURCATE_PLAN of what is started: the plan as a script names it; NULL: none */
    const char *random_state; /* FURCATE_RANDOM_STATE of the fork server (python/furcate/random_state.py);
                                 NULL: none */
    bool detach;              /* go on in the background, in a session of its own, once all is prepared */
};

/*
 * Runs what is left of the plan, and follows edits of the config meanwhile. Messages go to stderr. The work
 * is done by a child process, which this one guards (process/guard.h), and whose signals it passes on until
 * it returns. Returns the exit status of furcate(1): 0 every run is done, 1 some failed, 2 bad usage or
 * config, 3 no device, 130 or 143 stopped.
 */
int runner_main(const struct runner_options *options);
