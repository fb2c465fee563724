#include "config/metric.h"

#include <string.h>

#include "base/expression.h"
#include "base/memory.h"
#include "base/nearest.h"
#include "base/text.h"
#include "config/config.h"

bool config_result_is_taken(const char *name)
{
    static const char *const taken[] = {"start_time", "start_time_string",
                                        "end_time",   "end_time_string",
                                        "total_time", "total_time_string",
                                        "results",    "epochs",
                                        "id",         "name",
                                        "attempts",   "faults"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    return false;
}

const char *config_metric_find_report_fault(const char *name)
{
    if (name[0] == '\0')
        return "it is empty; give it a name";
    if (strcmp(name, "step") == 0 || strcmp(name, "time") == 0)
        return "every report has this key already; rename it";
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return "it holds a control character; rename it";
    return NULL;
}

const char *config_metric_find_fault(const char *name)
{
    return config_result_is_taken(name) ? "run_data.csv has this column already; rename it"
                                        : config_metric_find_report_fault(name);
}

static void check_expression(const char *name, const struct value *value, struct faults *faults)
{
    const char *expression = value_text(value);
    struct error why;
    if (!expression_check(expression, &why))
        fault_add(faults, FAULT_ERROR, value_place(value),
                  "'meta.metrics.%s' is no POSIX extended regular expression: %s", name, why.text);
    else if (!expression_may_hold_number(expression) && !config_metric_find_fault(name))
        fault_add(faults, FAULT_WARNING, value_place(value),
                  "'meta.metrics.%s' finds no number, since it matches nothing but \"%s\"; write where the "
                  "number is, as in \"%s: {number}\"",
                  name, expression, name);
}

void config_metric_check_all(const struct value *metrics, struct faults *faults)
{
    for (size_t i = 0; metrics && i < value_count(metrics); i++) {
        const char *name = value_key(metrics, i);
        const char *name_fault = config_metric_find_fault(name);
        if (name_fault)
            fault_add(faults, FAULT_ERROR, value_key_place(metrics, i), "'%s' cannot be a metric: %s", name,
                      name_fault);
        check_expression(name, value_item(metrics, i), faults);
    }
}

static const char *without(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);
    return strncmp(name, prefix, len) == 0 ? name + len : name;
}

char *config_metric_name(const char *metric, size_t i)
{
    static const char run[] = "run_", train[] = "train_";
    const char *name = without(metric, run);
    if (i == 0)
        return memory_copy_text(name);
    const char *bare = without(name, train);
    return bare > name ? memory_copy_text(bare) : text_format("%s%s", train, name);
}

/* A program may also report other metrics, so only a slip of the pen is worth a word. */
void config_metric_check_objective(const struct value *objective, const struct value *metrics,
                                   struct faults *faults)
{
    const struct value *metric = objective ? value_get(objective, "metric") : NULL;
    if (!metric || !metrics || value_kind(metric) != VALUE_STRING)
        return;
    const char *name = without(without(value_text(metric), "run_"), "train_"), *near = NULL;
    if (value_get(metrics, name) || value_get(metrics, value_text(metric)))
        return;
    for (size_t i = 0; i < value_count(metrics) && !near; i++)
        if (nearest_is_typo(name, value_key(metrics, i)))
            near = value_key(metrics, i);
    if (near)
        fault_add(faults, FAULT_WARNING, value_place(metric),
                  "'meta.objective.metric' is \"%s\", which meta.metrics does not name; did you mean \"%s\"?",
                  value_text(metric), near);
}
