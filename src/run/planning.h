/*
 * The plan of an edited config, made on a thread, since that can take seconds: the file's content is read,
 * checked, built into a plan and compared with the plan that holds; then what is finished of it is found.
 * Nothing of the runner changes until the loop takes over what was made (reload.c).
 */
#pragma once
#include <stdbool.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/vector.h"
#include "plan/plan.h"
#include "run/command.h"
#include "run/readers.h"
#include "run/run.h"
#include "store/store.h"

/* A run by its keys, and its rank in the new plan; RUNNER_NO_RANK: it is not in it. */
struct ranked {
    struct value *keys;
    uint64_t rank;
};

struct planning {
    struct reading reading; /* private, with `then` */
    void (*then)(void *context);
    void *context;

    /* given; references of its own */
    char *path;
    enum config_use use;
    char *const *overrides; /* borrowed: the process has them to its end */
    struct text content;    /* of the file */
    struct plan *before;
    struct command *command;
    char *log_dir, *shown_log_dir; /* absolute, and as messages call it */
    bool reads_rows;               /* for planning_match(): the rows tell what is finished */

    /* made by planning_start() */
    struct faults *faults;
    struct plan *plan;          /* NULL: `faults` has errors */
    struct text differing;      /* the keys that config_keep_fixed() kept */
    struct plan_change *change; /* from `before` */
    bool has_other_keys;        /* one config has a key that the other lacks */
    char *config_text;          /* of store_format_config() */

    /* made by planning_match() */
    VECTOR(struct ranked) ranked;  /* given with their keys, and ranked */
    struct number_set finished;    /* with rows, if these were read */
    struct other_rows others;      /* the same */
    struct rank_map *forth, *back; /* between the plans, otherwise */

    struct error err; /* kind ERROR_NONE: the plan can be used */
};

/*
 * Begins a plan and calls then() on the loop once it is there.
 *
 * content  taken over
 */
struct planning *planning_start(struct readers *readers, const struct planning *given);
/* Goes on with planning->ranked, and planning->reads_rows; calls then() again. */
void planning_match(struct planning *planning, struct readers *readers);
/* Frees it on a thread: a large plan takes a while. */
void planning_discard(struct planning *planning, struct readers *readers);
void planning_free(struct planning *planning);
