#include "run/results.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

bool results_has_metrics(const struct run *run, const struct value *metrics)
{
    CLEANUP(memory_free) char *path = file_join(run->directory, "metrics.jsonl");
    return (metrics && value_count(metrics) > 0) || access(path, F_OK) == 0 || errno != ENOENT;
}

bool results_read(struct history *history, const struct run *run, const struct value *metrics,
                  struct report_faults *faults, struct error *err)
{
    CLEANUP(memory_free) char *path = file_join(run->directory, "metrics.jsonl");
    bool done = history_read(history, path, faults, err);
    if (!metrics)
        return done;
    CLEANUP(memory_free) char *log = text_format("%s/%s.log", run->directory, run->name);
    CLEANUP(memory_free) char *errors = text_format("%s/%s.err", run->directory, run->name);
    done &= report_scan_output(history, log, metrics, faults, err);
    return report_scan_output(history, errors, metrics, faults, err) && done;
}

static void set_text(struct value *data, const char *key, const char *text)
{
    value_object_set(data, key, value_new_string(text, strlen(text)));
}

static void set_times(struct value *data, const struct attempt_end *end)
{
    char start[32], stop[32], total[48];
    clock_format(end->start_time, start);
    clock_format(end->end_time, stop);
    duration_format(end->seconds, total);
    value_object_set(data, "start_time", value_new_float(end->start_time));
    set_text(data, "start_time_string", start);
    value_object_set(data, "end_time", value_new_float(end->end_time));
    set_text(data, "end_time_string", stop);
    value_object_set(data, "total_time", value_new_float(end->seconds));
    set_text(data, "total_time_string", total);
}

static void set_metric(struct value *data, struct history *history, const char *name)
{
    double last = 0;
    history_last(history, name, &last);
    CLEANUP(memory_free) char *validation = text_format("val_%s", name);
    CLEANUP(memory_free) char *training = text_format("train_%s", name);
    bool paired = history_last(history, validation, &(double){0});
    const char *key = paired ? training : name;
    if (!config_result_is_taken(key))
        value_object_set(data, key, value_new_float(last));
}

struct value *results_data(const struct attempt_end *end, struct history *history)
{
    struct value *data = value_new_object();
    int64_t epochs = history ? history_epochs(history) : 0;
    set_times(data, end);
    for (size_t i = 0; history && i < history_metric_count(history); i++)
        set_metric(data, history, history_metric_name(history, i));
    if (epochs > 0)
        value_object_set(data, "epochs", value_new_int(epochs));
    return data;
}
