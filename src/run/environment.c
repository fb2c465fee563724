#include "run/environment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/vector.h"
#include "device/device.h"

struct environment {
    VECTOR(char *) entries; /* inherited ones first (borrowed from environ), then ours, then NULL */
    size_t inherited;
};

static bool is_ours(const char *entry)
{
    static const char *const names[] = {
        "FURCATE_CONFIG=",    "FURCATE_RUN_DIR=",     "FURCATE_ID=",      "FURCATE_NAME=",
        "FURCATE_GPU=",       "FURCATE_ATTEMPT=",     "FURCATE_METRICS=", "CUDA_VISIBLE_DEVICES=",
        "CUDA_DEVICE_ORDER=", "HIP_VISIBLE_DEVICES=", "ZE_AFFINITY_MASK="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

struct environment *environment_create(void)
{
    struct environment *environment = memory_new(1, sizeof *environment);
    for (char **entry = environ; *entry; entry++)
        if (!is_ours(*entry))
            vector_push(&environment->entries, *entry);
    environment->inherited = environment->entries.count;
    return environment;
}

static void drop_ours(struct environment *environment)
{
    for (size_t i = environment->inherited; i < environment->entries.count; i++)
        free(environment->entries.items[i]);
    environment->entries.count = environment->inherited;
}

void environment_destroy(struct environment *environment)
{
    if (!environment)
        return;
    drop_ours(environment);
    vector_free(&environment->entries);
    free(environment);
}

static void add_run(struct environment *environment, const struct run *run)
{
    vector_push(&environment->entries, text_format("FURCATE_CONFIG=%s/config.json", run->directory));
    vector_push(&environment->entries, text_format("FURCATE_RUN_DIR=%s", run->directory));
    vector_push(&environment->entries, text_format("FURCATE_ID=%lld", (long long)run->id));
    vector_push(&environment->entries, text_format("FURCATE_NAME=%s", run->name));
    vector_push(&environment->entries, text_format("FURCATE_GPU=%d", run->gpu_id));
    vector_push(&environment->entries, text_format("FURCATE_ATTEMPT=%d", run->attempt));
    vector_push(&environment->entries, text_format("FURCATE_METRICS=%s/metrics.jsonl", run->directory));
}

char *const *environment_for(struct environment *environment, const struct run *run, const struct slot *slot,
                             int threads)
{
    struct device_variable variables[8];
    drop_ours(environment);
    add_run(environment, run);
    size_t count = device_environment(slot->vendor, slot->gpu_id, variables);
    for (size_t i = 0; i < count; i++)
        vector_push(&environment->entries, text_format("%s=%s", variables[i].name, variables[i].value));
    if (slot->gpu_id < 0 && !getenv("OMP_NUM_THREADS"))
        vector_push(&environment->entries, text_format("OMP_NUM_THREADS=%d", threads));
    vector_push(&environment->entries, NULL);
    return environment->entries.items;
}
