#include "cli/best_objective.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"

bool best_objective_is_metric(const char *a, const char *b)
{
    CLEANUP(memory_free) char *x = config_metric_name(a, 0);
    CLEANUP(memory_free) char *y = config_metric_name(b, 0);
    return strcmp(x, y) == 0;
}

static struct best_objective copy_objective(const struct config_objective *objective)
{
    return (struct best_objective){.metric = objective->metric ? memory_copy_text(objective->metric) : NULL,
                                   .is_max = objective->is_max,
                                   .of_best = objective->of_best};
}

/* Reads it from the config that was carried out last; *known tells whether there is such a config. */
static struct best_objective read_config(const char *log_dir, bool *known)
{
    struct best_objective objective = {0};
    struct faults *faults = faults_create(log_dir);
    struct config *config = store_peek_config(log_dir, faults);
    *known = config != NULL;
    if (config)
        objective = copy_objective(&config_meta(config)->objective);
    config_unref(config);
    faults_destroy(faults);
    return objective;
}

static struct best_objective read_newest_row(const struct table *table)
{
    struct best_objective objective = {0};
    int column = table_column(table, "meta");
    for (size_t row = table->row_count; column >= 0 && row-- > 0 && !objective.metric;) {
        struct error ignored;
        const char *text = table->cells[row * table->column_count + (size_t)column];
        CLEANUP(value_cleanup)
        struct value *meta = text ? config_parse("meta", text, strlen(text), &ignored) : NULL;
        const struct config_objective found = config_objective_of(meta);
        objective = copy_objective(&found);
    }
    return objective;
}

static bool are_equal(const struct best_objective *a, const struct best_objective *b)
{
    return a->is_max == b->is_max && a->of_best == b->of_best &&
           best_objective_is_metric(a->metric, b->metric);
}

static char *describe(const struct best_objective *objective)
{
    return text_format("'%s' (%s%s)", objective->metric, objective->is_max ? "max" : "min",
                       objective->of_best ? ", of the best step" : "");
}

struct best_objective best_objective_find(const char *log_dir, const struct table *table)
{
    bool known;
    struct best_objective now = read_config(log_dir, &known), before = read_newest_row(table);
    CLEANUP(memory_free) char *earlier = before.metric ? describe(&before) : NULL;
    if (!now.metric) {
        if (known && before.metric)
            before.note = text_format("the config that was carried out last has no meta.objective; the runs "
                                      "are ranked by that of the newest row with one, %s",
                                      earlier);
        return before;
    }
    if (before.metric && !are_equal(&now, &before)) {
        CLEANUP(memory_free) char *current = describe(&now);
        now.note = text_format("the runs are ranked by the meta.objective of the config that was carried out "
                               "last, %s; the newest row of run_data.csv has another, %s",
                               current, earlier);
    }
    best_objective_free(&before);
    return now;
}

void best_objective_free(struct best_objective *objective)
{
    free(objective->metric);
    free(objective->note);
    *objective = (struct best_objective){0};
}
