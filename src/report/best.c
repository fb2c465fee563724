#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/report.h"

static bool find_step(struct history *history, const struct config_objective *objective, int64_t *step,
                      double *value)
{
    bool found = false;
    for (size_t i = 0; i < CONFIG_METRIC_NAMES && !found; i++) {
        CLEANUP(memory_free) char *name = config_metric_name(objective->metric, i);
        found = history_best(history, name, objective->is_max, step, value);
    }
    return found;
}

/* Finds a result that a run was given once, at its end, as results on the test set are. */
static bool find_result(const struct value *data, const char *metric, double *value)
{
    const struct value *result = value_get(data, metric);
    *value = result && value_is_number(result) ? value_float(result) : (double)NAN;
    return isfinite(*value);
}

void report_add_best(struct value *data, struct history *history, const struct config_objective *objective)
{
    int64_t step = -1;
    double value;
    if (!objective->metric || !objective->of_best)
        return;
    CLEANUP(memory_free) char *name = config_metric_name(objective->metric, 0);
    CLEANUP(memory_free) char *key = text_format("best_%s", name);
    CLEANUP(memory_free) char *step_key = text_format("best_%s_step", name);
    if (!find_step(history, objective, &step, &value) && !find_result(data, name, &value))
        return;
    value_object_set(data, key, value_new_float(value));
    if (step >= 0)
        value_object_set(data, step_key, value_new_int(step));
}

bool report_is_best_column(const char *name, const struct config_objective *objective)
{
    if (!objective->metric || !objective->of_best)
        return false;
    CLEANUP(memory_free) char *metric = config_metric_name(objective->metric, 0);
    CLEANUP(memory_free) char *key = text_format("best_%s", metric);
    CLEANUP(memory_free) char *step_key = text_format("best_%s_step", metric);
    return strcmp(name, key) == 0 || strcmp(name, step_key) == 0;
}
