#include "run/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/vector.h"
#include "device/device.h"
#include "process/process.h"

struct environment {
    VECTOR(char *) inherited; /* borrowed from environ, but for `plan` */
    char *plan;               /* NULL: none */
    bool leaves_devices;      /* what shows GPUs is inherited too */
};

/* "NAME=value\0NAME=value\0" and so on. */
struct additions {
    struct text bytes;
    size_t count;
};

/* What shows GPUs to a program, of whatever vendor. */
static const char *const shows_devices[] = {"CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER",
                                            "HIP_VISIBLE_DEVICES", "ZE_AFFINITY_MASK"};
enum { DEVICE_VARIABLES = sizeof shows_devices / sizeof *shows_devices };

static bool is_one_of(const char *entry, const char *const *names, size_t count)
{
    size_t len = strcspn(entry, "=");
    for (size_t i = 0; i < count && entry[len] == '='; i++)
        if (strlen(names[i]) == len && strncmp(entry, names[i], len) == 0)
            return true;
    return false;
}

static bool is_ours(const char *entry, bool leaves_devices)
{
    static const char *const names[] = {"FURCATE_CONFIG",       "FURCATE_RUN_DIR", "FURCATE_ID",
                                        "FURCATE_NAME",         "FURCATE_GPU",     "FURCATE_SLOT",
                                        "FURCATE_ATTEMPT",      "FURCATE_METRICS", "FURCATE_PLAN",
                                        "FURCATE_RANDOM_STATE", SERVER_VARIABLE};
    return is_one_of(entry, names, sizeof names / sizeof *names) ||
           (!leaves_devices && is_one_of(entry, shows_devices, DEVICE_VARIABLES));
}

struct environment *environment_create(const char *script_plan, bool leaves_devices)
{
    struct environment *environment = memory_new(1, sizeof *environment);
    environment->leaves_devices = leaves_devices;
    for (char **entry = environ; *entry; entry++)
        if (!is_ours(*entry, leaves_devices))
            vector_push(&environment->inherited, *entry);
    if (script_plan) {
        environment->plan = text_format("FURCATE_PLAN=%s", script_plan);
        vector_push(&environment->inherited, environment->plan);
    }
    return environment;
}

void environment_destroy(struct environment *environment)
{
    if (!environment)
        return;
    vector_free(&environment->inherited);
    free(environment->plan);
    free(environment);
}

static void add(struct additions *additions, const char *name, const char *value, const char *ending)
{
    text_add(&additions->bytes, name);
    text_add_char(&additions->bytes, '=');
    text_add(&additions->bytes, value);
    text_add(&additions->bytes, ending);
    text_add_char(&additions->bytes, '\0');
    additions->count++;
}

static void add_number(struct additions *additions, const char *name, long long number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", number);
    add(additions, name, digits, "");
}

/* Has Python write at once: it keeps what a program prints into a file in memory, and a killed program never
 * writes it. */
static void add_unbuffered(struct additions *additions)
{
    if (!getenv("PYTHONUNBUFFERED"))
        add(additions, "PYTHONUNBUFFERED", "1", "");
}

static void add_run(struct additions *additions, const struct run *run)
{
    CLEANUP(memory_free) char *config = file_join(run->directory, store_config_name(run));
    add(additions, "FURCATE_CONFIG", config, "");
    add(additions, "FURCATE_RUN_DIR", run->directory, "");
    add_number(additions, "FURCATE_ID", run->id);
    add(additions, "FURCATE_NAME", run->name, "");
    add_number(additions, "FURCATE_GPU", run->gpu_id);
    add_number(additions, "FURCATE_ATTEMPT", run->attempt);
    add(additions, "FURCATE_METRICS", run->directory, "/metrics.jsonl");
}

/* The pointers, a NULL, and behind them the bytes that the last of them point into. */
static char **in_one_piece(const struct environment *environment, const struct additions *additions)
{
    size_t inherited = environment->inherited.count, count = inherited + additions->count;
    char **entries = memory_new(1, (count + 1) * sizeof *entries + additions->bytes.len);
    char *bytes = (char *)(entries + count + 1);
    memcpy(entries, environment->inherited.items, inherited * sizeof *entries);
    memcpy(bytes, additions->bytes.data, additions->bytes.len);
    for (size_t i = inherited; i < count; i++, bytes += strlen(bytes) + 1)
        entries[i] = bytes;
    return entries;
}

/* Has GPUs counted in one order, whoever shows one. */
static void add_order(struct additions *additions)
{
    if (!getenv("CUDA_DEVICE_ORDER"))
        add(additions, "CUDA_DEVICE_ORDER", "PCI_BUS_ID", "");
}

static void add_devices(struct additions *additions, const struct slot *slot)
{
    struct device_variable variables[8];
    size_t count = device_environment(slot->vendor, slot->gpu_id, variables);
    for (size_t i = 0; i < count; i++)
        add(additions, variables[i].name, variables[i].value, "");
}

/* Adds the variables that show devices, see environment_for_server(). */
static void add_devices_for_server(struct additions *additions, bool on_cpu)
{
    for (size_t i = 0; !on_cpu && i < DEVICE_VARIABLES; i++)
        if (getenv(shows_devices[i]))
            add(additions, shows_devices[i], getenv(shows_devices[i]), "");
    if (on_cpu)
        add(additions, "CUDA_VISIBLE_DEVICES", "", "");
}

char **environment_for_server(const struct environment *environment, int threads, const char *random_state)
{
    struct additions additions = {0};
    if (environment->leaves_devices)
        add_order(&additions);
    else
        add_devices_for_server(&additions, threads > 0);
    if (threads == 0 && !getenv("PYTORCH_NVML_BASED_CUDA_CHECK"))
        add(&additions, "PYTORCH_NVML_BASED_CUDA_CHECK", "1", ""); /* it counts GPUs without opening one */
    if (threads > 0 && !getenv("OMP_NUM_THREADS"))
        add_number(&additions, "OMP_NUM_THREADS", threads);
    add_unbuffered(&additions);
    if (random_state)
        add(&additions, "FURCATE_RANDOM_STATE", random_state, "");
    char **entries = in_one_piece(environment, &additions);
    text_free(&additions.bytes);
    return entries;
}

char **environment_for(const struct environment *environment, const struct run *run, const struct slot *slot,
                       int threads)
{
    struct additions additions = {0};
    add_run(&additions, run);
    add_number(&additions, "FURCATE_SLOT", slot->index);
    add_unbuffered(&additions);
    if (environment->leaves_devices)
        add_order(&additions);
    else
        add_devices(&additions, slot);
    if (slot->gpu_id < 0 && !getenv("OMP_NUM_THREADS"))
        add_number(&additions, "OMP_NUM_THREADS", threads);
    char **entries = in_one_piece(environment, &additions);
    text_free(&additions.bytes);
    return entries;
}
