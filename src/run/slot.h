/* Slots: the places where one attempt each can execute. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vector.h"
#include "config/config.h"
#include "device/device.h"
#include "run/run.h"

struct attempt;
struct tree;

struct slot {
    int gpu_id; /* -1: a CPU slot */
    int index;  /* from 0; no two slots have the same */
    char vendor[16];
    char name[24];           /* "GPU 0", "CPU 3" */
    bool retired;            /* takes no further attempt: max_threads was lowered */
    struct tree *tree;       /* NULL before its first attempt; owned by the runner's trees */
    struct attempt *attempt; /* NULL: free */
    int64_t free_since;      /* clock_monotonic() of its last attempt's end; 0 before the first */
    size_t attempts;         /* that it had */
    int64_t busy_ns;         /* how long these executed */
    int64_t idle_ns;         /* how long it was free between two of them */
};

struct slots {
    VECTOR(struct slot *) all;
    struct device_list devices; /* count 0: CPU slots */
    size_t cpus;                /* that this process may use */
    size_t given;               /* CPU slots that the program asked for itself; 0: it did not */
    size_t most;                /* that the limit on open files suffices for */
    size_t denied;              /* further ones that were asked for */
};

/*
 * Finds the devices and makes a slot for each, or CPU slots when there is none and meta.allow_cpu says so; or
 * the slots that the options ask for. ERROR_DEVICE when neither; the message says what was looked for and
 * what to set.
 */
bool slots_open(struct slots *slots, const struct runner_options *options, const struct config *config,
                struct error *err);
void slots_close(struct slots *slots);
/* Follows a change of meta.max_threads: adds slots, or retires the last ones. Returns how many are in use
 * now. */
size_t slots_resize(struct slots *slots, const struct config_meta *meta);
/*
 * "GPU 0 busy 99.98 %, GPU 1 busy 99.97 %", "8 CPU slots busy 97.31 %": the time from each slot's first start
 * to its last end in which an attempt executed. "" as long as no slot had two attempts. free() it.
 *
 * is_aside  tells of a GPU whether it is set aside, in which case its share is left out: "GPU 1 set aside"
 */
char *slots_describe_use(const struct slots *slots, bool (*is_aside)(const void *context, int gpu_id),
                         const void *context);
size_t slots_in_use(const struct slots *slots);
/* Returns the most slots that there may be, by the GPUs or by what the program asked for; 0: any number. */
size_t slots_most(const struct slots *slots);
/* Counts the places of the slots in use: GPUs, however many slots each has; all CPU slots are one. */
size_t slots_places(const struct slots *slots);
/* The threads that each of the slots in use may have without taking turns; at least 1. */
int slots_threads(const struct slots *slots);
