#include "run/failure.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

/* What frameworks, allocators and drivers print; the first that is found decides. */
static const struct symptom {
    const char *text, *meaning;
} symptoms[] = {
    {"CUDA out of memory", "out of GPU memory"},
    {"CUDA_ERROR_OUT_OF_MEMORY", "out of GPU memory"},
    {"cudaErrorMemoryAllocation", "out of GPU memory"},
    {"HIP out of memory", "out of GPU memory"},
    {"ResourceExhaustedError", "out of GPU memory"},
    {"MemoryError", "out of memory"},
    {"std::bad_alloc", "out of memory"},
    {"Cannot allocate memory", "out of memory"},
};

static const char *find_symptom(const struct attempt *attempt)
{
    CLEANUP(memory_free) char *tail = store_error_tail(attempt->run);
    for (size_t i = 0; i < sizeof symptoms / sizeof *symptoms; i++)
        if (strstr(tail, symptoms[i].text))
            return symptoms[i].meaning;
    return NULL;
}

static void describe_end(const struct attempt_end *end, char *out, size_t size)
{
    if (end->signal == SIGKILL)
        snprintf(out, size, "signal 9 (Killed), perhaps because the machine ran out of memory");
    else if (end->signal)
        snprintf(out, size, "signal %d (%s)", end->signal, strsignal(end->signal));
    else if (end->exit_status == 0)
        snprintf(out, size, "ended with exit status 0 before its results were complete");
    else
        snprintf(out, size, "exit status %d", end->exit_status);
}

void failure_explain(struct attempt *attempt, const struct config_meta *meta)
{
    struct attempt_end *end = &attempt->end;
    end->reason[0] = '\0';
    if (attempt->timed_out) {
        char limit[48];
        if (meta->timeout < 60)
            snprintf(limit, sizeof limit, "%g s", meta->timeout);
        else
            duration_format(meta->timeout, limit);
        snprintf(end->reason, sizeof end->reason, "timed out after %s", limit);
        return;
    }
    describe_end(end, end->reason, sizeof end->reason);
    const char *meaning = find_symptom(attempt);
    size_t len = strlen(end->reason);
    attempt->out_of_memory = meaning;
    if (meaning)
        snprintf(end->reason + len, sizeof end->reason - len, ", %s", meaning);
}
