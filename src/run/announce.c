#include "run/announce.h"

#include <string.h>

#include "base/memory.h"

static void log_axes(struct runner *runner)
{
    CLEANUP(text_free) struct text keys = {0};
    for (size_t i = 0; i < plan_axis_count(runner->plan); i++)
        text_addf(&keys, "%s%s", i ? ", " : "", plan_axis(runner->plan, i)->key);
    unsigned long long product = plan_product(runner->plan);
    log_line(runner->log, LOG_INFO, "Generated %llu unique combination%s from configuration keys: {%s}",
             product, product == 1 ? "" : "s", text_get(&keys));
}

static void warn_of_idle_gpus(struct runner *runner)
{
    size_t most = slots_most(&runner->slots), used = slots_in_use(&runner->slots);
    int asked = config_meta(runner->config)->max_threads;
    const char *what = runner->options->gpu_count > 0 ? "indices of get_available_gpu_indices" : "GPUs";
    if (most && asked > 0 && (size_t)asked > most)
        log_line(runner->log, LOG_WARNING,
                 "max_threads [%d] is higher than the number of %s [%zu]: using %zu", asked, what, most,
                 most);
    if (most > used)
        log_line(runner->log, LOG_WARNING, "max_threads [%zu] leaves %zu of %zu %s idle", used, most - used,
                 most, what);
}

void announce_denied_slots(struct runner *runner)
{
    if (runner->slots.denied)
        log_line(
            runner->log, LOG_WARNING,
            "%zu slots were asked for, but this process may open no more than %zu files, which suffice for "
            "%zu; raise the limit (ulimit -Hn, LimitNOFILE= of a systemd unit, or nofile in "
            "/etc/security/limits.conf) and start again",
            runner->slots.most + runner->slots.denied, limits_files(), runner->slots.most);
}

void announce_unnamed_axes(struct runner *runner)
{
    CLEANUP(text_free) struct text unnamed = {0};
    command_add_unnamed_axes(runner->command, runner->config, &unnamed);
    if (unnamed.len)
        log_line(
            runner->log, LOG_WARNING,
            "No argument names %s: runs that differ in nothing else get the same arguments; name every axis, "
            "or write '{*}', '{flags}' or '{config}', unless the program reads FURCATE_CONFIG",
            text_get(&unnamed));
}

static void tell_of_shadowed_placeholders(struct runner *runner)
{
    CLEANUP(text_free) struct text notes = {0};
    command_add_shadowed(runner->command, runner->config, &notes);
    if (notes.len)
        log_line(runner->log, LOG_INFO, "%s", text_get(&notes));
}

void announce_no_effect(struct runner *runner)
{
    const struct config_meta *meta = config_meta(runner->config);
    if (meta->mem_trace.enabled)
        log_line(runner->log, LOG_WARNING, "mem_trace is enabled, but this version has no memory trace yet");
}

/* Tells how many of all that were generated are excluded. */
static void log_excluded(struct runner *runner)
{
    unsigned long long excluded = plan_product(runner->plan) - plan_count(runner->plan);
    if (excluded)
        log_line(runner->log, LOG_INFO, "Excluding %llu config%s matching configured 'exclude_configs'",
                 excluded, excluded == 1 ? "" : "s");
    else if (!plan_is_exact(runner->plan))
        log_line(runner->log, LOG_INFO,
                 "Excluding configs matching configured 'exclude_configs' as their turn comes: they are too "
                 "entangled to be counted");
}

static void warn_of_lines(struct runner *runner, const char *words, const struct text *lines)
{
    CLEANUP(memory_free) char *copy = memory_copy_text(text_get(lines));
    char *rest = copy, *line;
    while ((line = strsep(&rest, "\n")))
        if (*line)
            log_line(runner->log, LOG_WARNING, "%s%s", words, line);
}

static void warn_of_faults(struct runner *runner)
{
    const struct device_list *devices = &runner->slots.devices;
    warn_of_lines(runner, "A GPU or its driver fails: ", &devices->faults);
    warn_of_lines(runner, "", &devices->unseen);
    if (devices->faults.len + devices->unseen.len > 0 && devices->count == 0)
        log_line(runner->log, LOG_WARNING,
                 "No GPU can be used: running on CPU slots instead, as meta.allow_cpu allows");
}

void announce_other_rows(struct runner *runner)
{
    for (char *rest = runner->other_rows.data, *line; rest && (line = strsep(&rest, "\n"));)
        if (*line)
            log_line(runner->log, LOG_INFO, "%s", line);
    text_free(&runner->other_rows);
}

void announce_start(struct runner *runner)
{
    size_t used = slots_in_use(&runner->slots);
    log_axes(runner);
    log_excluded(runner);
    if (runner->finished)
        log_line(runner->log, LOG_INFO, "Detected previous runs, removing %llu configuration(s).",
                 (unsigned long long)runner->finished);
    warn_of_faults(runner);
    announce_other_rows(runner);
    warn_of_idle_gpus(runner);
    announce_denied_slots(runner);
    announce_no_effect(runner);
    announce_unnamed_axes(runner);
    tell_of_shadowed_placeholders(runner);
    log_line(runner->log, LOG_INFO, "Running on %zu %s slot%s", used,
             runner->slots.devices.count ? "GPU" : "CPU", used == 1 ? "" : "s");
}
