/* Metrics as they are reported, and what is made of them when the program makes nothing else. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "fork/fork.h"
#include "plan/plan.h"

static bool check_report(struct furcate_fork *fork, int64_t step, const struct furcate_metric *metrics,
                         size_t count)
{
    if (step < 0)
        return furcate_fail(fork, "furcate_report: step %lld: steps are counted from 0 or 1",
                            (long long)step);
    for (size_t i = 0; i < count; i++) {
        const char *name = metrics[i].name ? metrics[i].name : "";
        const char *fault = config_metric_find_report_fault(name);
        if (fault)
            return furcate_fail(fork, "furcate_report: '%s' cannot be a metric: %s", name, fault);
    }
    return true;
}

bool furcate_report(struct furcate_fork *fork, int64_t step, const struct furcate_metric *metrics,
                    size_t count)
{
    struct error err = {0};
    if (!check_report(fork, step, metrics, count))
        return false;
    CLEANUP(memory_free) struct report_metric *copies = memory_new(count + 1, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = (struct report_metric){metrics[i].name, metrics[i].value};
    history_add(fork->history, step, copies, count);
    /* A disk that is full for a moment is no reason to lose the training: the history has the values. */
    if (!report_write(fork->metrics_path, step, copies, count, &err))
        fork_add_fault(fork, "a report is missing from metrics.jsonl: %s", err.text);
    return true;
}

static bool save_last(struct furcate_fork *fork, struct furcate_results *results, const char *prefix,
                      const char *metric, const char *reported_as)
{
    double value;
    if (!history_last(fork->history, reported_as, &value))
        return false;
    CLEANUP(memory_free) char *key = text_format("%s%s", prefix, metric);
    value_object_set(results->data, key, value_new_float(value));
    return true;
}

/* A metric without a value is most likely misspelt; that is no reason to lose a trained model. */
bool fork_save_metric(struct furcate_fork *fork, struct furcate_results *results, void *history,
                      const char *metric)
{
    CLEANUP(memory_free) char *validation = text_format("val_%s", metric);
    (void)history;
    bool saved = save_last(fork, results, "train_", metric, metric);
    saved |= save_last(fork, results, "val_", metric, validation);
    if (!saved)
        fork_warn(fork, "the metric '%s' was never reported: give its name to furcate_report()", metric);
    return true;
}

/* A curve of `count` steps, with a gap where it is shorter. NULL stays NULL; free() it. */
static double *extend(const double *values, size_t have, size_t count)
{
    if (!values)
        return NULL;
    double *extended = memory_new(count, sizeof *extended);
    for (size_t i = 0; i < count; i++)
        extended[i] = i < have ? values[i] : (double)NAN;
    return extended;
}

/* Returns the first `count` steps as the axis of a plot; NULL where these are 1, 2, … free() it. */
static double *copy_steps(struct furcate_fork *fork, size_t count)
{
    size_t have;
    const int64_t *steps = history_steps(fork->history, &have);
    if (!steps)
        return NULL;
    double *axis = memory_new(count, sizeof *axis);
    for (size_t i = 0; i < count; i++)
        axis[i] = (double)steps[i];
    return axis;
}

/* Plots, and warns once where that fails: a missing picture is no reason to lose a trained model. */
static bool plot(struct furcate_fork *fork, const char *metric, const struct report_curves *curves)
{
    struct error err = {0};
    CLEANUP(text_free) struct text name = {0};
    plan_add_path_part(&name, metric, strlen(metric));
    text_add(&name, ".jpg");
    CLEANUP(memory_free) char *path = file_join(fork->log_dir, text_get(&name));
    if (report_plot(path, metric, curves, &err) || fork->told_of_plots)
        return true;
    fork->told_of_plots = true;
    fork_warn(fork, "no plots: %s", err.text);
    return true;
}

bool fork_plot_metric(struct furcate_fork *fork, void *history, const char *metric)
{
    size_t train_count = 0, valid_count = 0;
    CLEANUP(memory_free) char *validation = text_format("val_%s", metric);
    const double *train = history_values(fork->history, metric, &train_count);
    const double *valid = history_values(fork->history, validation, &valid_count);
    size_t count = train_count > valid_count ? train_count : valid_count;
    (void)history;
    if (count == 0)
        return true;
    CLEANUP(memory_free) double *train_curve = extend(train, train_count, count);
    CLEANUP(memory_free) double *valid_curve = extend(valid, valid_count, count);
    CLEANUP(memory_free) double *axis = copy_steps(fork, count);
    return plot(fork, metric, &(struct report_curves){count, axis, train_curve, valid_curve});
}

bool furcate_plot(struct furcate_fork *fork, const char *metric, const double *train, const double *valid,
                  size_t count)
{
    return plot(fork, metric, &(struct report_curves){.count = count, .train = train, .valid = valid});
}

bool fork_save_history(struct furcate_fork *fork, void *history, FILE *out)
{
    CLEANUP(text_free) struct text json = {0};
    (void)history;
    history_add_json(fork->history, &json);
    text_add_char(&json, '\n');
    return fputs(text_get(&json), out) != EOF;
}
