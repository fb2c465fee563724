#include "run/results.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

static struct value *merge(const struct value *base, const struct value *over)
{
    struct value *all = value_new_object();
    for (size_t i = 0; i < value_count(base); i++)
        value_object_set(all, value_key(base, i), value_ref(value_item(base, i)));
    for (size_t i = 0; i < value_count(over); i++)
        value_object_set(all, value_key(over, i), value_ref(value_item(over, i)));
    return all;
}

struct results_settings results_settings_of(const struct run *run, const struct config *config)
{
    const struct config_meta *meta = config_meta(config);
    const struct value *now = meta->metrics, *own = value_member(run->meta, "metrics", VALUE_OBJECT);
    return (struct results_settings){
        .metrics = now && own && now != own ? merge(own, now)
                   : now || own             ? value_ref(now ? now : own)
                                            : NULL,
        .objective = meta->objective.metric ? meta->objective : config_objective_of(run->meta),
    };
}

void results_settings_free(struct results_settings *settings)
{
    value_cleanup(&settings->metrics);
}

bool results_has_metrics(const struct run *run, const struct value *metrics)
{
    CLEANUP(memory_free) char *path = file_join(run->directory, "metrics.jsonl");
    return (metrics && value_count(metrics) > 0) || access(path, F_OK) == 0 || errno != ENOENT;
}

bool results_read(struct history *history, const struct run *run, const struct value *metrics,
                  struct report_faults *faults, struct error *err)
{
    return report_read_directory(history, run->directory, run->name, run->attempt, metrics, faults, err);
}

static bool is_large(const struct run *run, const char *name)
{
    enum { most_bytes = 1024 * 1024 };
    struct stat info;
    CLEANUP(memory_free) char *path = file_join(run->directory, name);
    return stat(path, &info) == 0 && info.st_size > most_bytes;
}

bool results_has_reports(const struct run *run, const struct value *metrics)
{
    struct error ignored;
    struct report_faults faults = {0};
    CLEANUP(memory_free) char *log = text_format("%s.log", run->name);
    CLEANUP(memory_free) char *errors = text_format("%s.err", run->name);
    if (!results_has_metrics(run, metrics))
        return false;
    if (is_large(run, "metrics.jsonl") || (metrics && (is_large(run, log) || is_large(run, errors))))
        return true;
    struct history *history = history_create();
    results_read(history, run, metrics, &faults, &ignored);
    bool any = history_metric_count(history) > 0;
    history_destroy(history);
    return any;
}

static void set_times(struct value *data, const struct attempt_end *end)
{
    char start[32], stop[32], total[48];
    clock_format(end->start_time, start);
    clock_format(end->end_time, stop);
    duration_format(end->seconds, total);
    value_object_set(data, "start_time", value_new_float(end->start_time));
    value_object_set_text(data, "start_time_string", start);
    value_object_set(data, "end_time", value_new_float(end->end_time));
    value_object_set_text(data, "end_time_string", stop);
    value_object_set(data, "total_time", value_new_float(end->seconds));
    value_object_set_text(data, "total_time_string", total);
}

/* Sets the last value of a metric. One whose column is one of ours gets another column, and faults says so.
 */
static void set_metric(struct value *data, struct history *history, const char *name,
                       const struct config_objective *objective, struct report_faults *faults)
{
    double last = 0;
    history_last(history, name, &last);
    bool is_taken = config_result_is_taken(name) || report_is_best_column(name, objective);
    CLEANUP(memory_free) char *key = text_format("%s%s", is_taken ? "metric_" : "", name);
    value_object_set(data, key, value_new_float(last));
    if (is_taken && faults)
        report_names_add(&faults->renamed, name);
}

struct value *results_data(const struct attempt_end *end, struct history *history,
                           const struct config_objective *objective, struct report_faults *faults)
{
    struct value *data = value_new_object();
    set_times(data, end);
    if (!history)
        return data;
    for (size_t i = 0; i < history_metric_count(history); i++)
        set_metric(data, history, history_metric_name(history, i), objective, faults);
    report_add_best(data, history, objective);
    int64_t epochs = history_epochs(history);
    if (epochs > 0)
        value_object_set(data, "epochs", value_new_int(epochs));
    return data;
}

bool results_have(const struct value *data, const struct value *keys, const char *metric)
{
    CLEANUP(memory_free) char *name = config_metric_name(metric, 0);
    CLEANUP(memory_free) char *other = config_metric_name(metric, 1);
    return value_get(data, name) || value_get(data, other) || value_get(keys, name);
}

struct value *results_read_own(const struct run *run)
{
    struct error ignored;
    CLEANUP(memory_free) char *path = file_join(run->directory, "run_data.json");
    CLEANUP(value_cleanup) struct value *run_data = config_parse_file(path, &ignored);
    const struct value *data =
        value_member(value_member(run_data, "meta", VALUE_OBJECT), "data", VALUE_OBJECT);
    return data ? value_ref(data) : NULL;
}
