#include "run/failure.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/display.h"
#include "base/memory.h"
#include "base/number.h"
#include "run/runner.h"
#include "run/symptom.h"

static void describe_end(const struct attempt_end *end, char *out, size_t size)
{
    if (end->signal)
        snprintf(out, size, "signal %d (%s)", end->signal, strsignal(end->signal));
    else if (end->exit_status == 0)
        snprintf(out, size, "ended with exit status 0 before its results were complete");
    else
        snprintf(out, size, "exit status %d", end->exit_status);
}

static void describe_timeout(double timeout, char *out, size_t size)
{
    char limit[48];
    if (timeout < 60)
        number_print(limit, sizeof limit, "%g s", timeout);
    else
        duration_format(timeout, limit);
    snprintf(out, size, "timed out after %s", limit);
}

/* What the kernel tells of it; NULL when it tells nothing. */
static const char *find_kill(const struct attempt *attempt, const char *errors)
{
    static const char *const told[] = {
        [OOM_PERHAPS] = "perhaps out of memory (the kernel has ended a process for want of it)",
        [OOM_YES] = "out of memory (ended by the kernel)",
    };
    bool whole = attempt->end.signal == SIGKILL || attempt->end.exit_status == 128 + SIGKILL;
    if (attempt->killed_by_kernel)
        return whole ? told[OOM_YES] : "out of memory (the kernel ended a process it had started)";
    return whole || symptom_is_killed_child(errors) ? told[oom_look(&attempt->runner->oom, &attempt->oom)]
                                                    : NULL;
}

/* What it ran out of; NULL when nothing tells that. */
static const char *find_want(const struct attempt *attempt, const char *errors)
{
    const char *printed = symptom_find(errors, attempt->run->gpu_id >= 0);
    return printed || attempt->cut_short ? printed : find_kill(attempt, errors);
}

bool failure_is_stop(const struct attempt_end *end)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (end->signal == numbers[i] || end->exit_status == 128 + numbers[i])
            return true;
    return false;
}

void failure_explain(struct attempt *attempt)
{
    struct attempt_end *end = &attempt->end;
    CLEANUP(memory_free) char *errors = store_read_output(attempt->run, "err");
    free(attempt->error_tail);
    attempt->error_tail = store_error_tail(errors);
    if (attempt->timed_out > 0) {
        describe_timeout(attempt->timed_out, end->reason, sizeof end->reason);
        return;
    }
    describe_end(end, end->reason, sizeof end->reason);
    const char *want = find_want(attempt, errors);
    size_t len = strlen(end->reason);
    attempt->out_of_memory = want;
    if (want)
        snprintf(end->reason + len, sizeof end->reason - len, ", %s", want);
}

char *failure_find_lines(const struct run *run, const char *error_tail, const char **ending)
{
    *ending = "err";
    if (*error_tail)
        return memory_copy_text(error_tail);
    CLEANUP(memory_free) char *output = store_read_output(run, "log");
    char *lines = store_error_tail(output);
    *ending = *lines ? "log" : "err";
    return lines;
}

bool failure_left_output(const struct run *run, const char *ending)
{
    CLEANUP(memory_free) char *path = text_format("%s/%s.%s", run->directory, run->name, ending);
    return access(path, F_OK) == 0 || errno != ENOENT;
}

void failure_add_lines(struct text *out, const struct run *run, const char *reason, const char *error_tail)
{
    const char *ending;
    CLEANUP(memory_free) char *lines = failure_find_lines(run, error_tail ? error_tail : "", &ending);
    char *rest = lines, *line;
    bool has_label = run->label && *run->label;
    display_addf(out, "  %s%s%s%s: %s\n", run->name, has_label ? " (" : "", has_label ? run->label : "",
                 has_label ? ")" : "", reason);
    while (error_tail && (line = strsep(&rest, "\n"))) {
        display_drop_colours(line);
        if (*line)
            display_addf(out, "      %s\n", line);
    }
    bool is_left = failure_left_output(run, ending);
    if (is_left || strcmp(reason, FAILURE_UNSTARTED) != 0)
        display_addf(out, "      %s/%s.%s%s\n", run->directory, run->name, ending,
                     is_left ? "" : ", which the program has deleted");
}
