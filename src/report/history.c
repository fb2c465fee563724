#include "report/history.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/vector.h"

/* The values of all metrics together take 512 MiB at most: a report comes from outside, and says where in
 * memory it wants to be put. */
enum { most_steps = 10000000, most_values = 64 << 20 };

struct series {
    char *metric;
    VECTOR(double) values; /* of step 1, 2, … */
};

struct history {
    VECTOR(struct series) series; /* in the order of first report */
    struct text_map places;       /* metric to its place there */
    size_t value_count;           /* room in all series */
    bool started, from_zero;      /* whether there was a report; whether the first was of step 0 */
};

struct history *history_create(void)
{
    return memory_new(1, sizeof(struct history));
}

void history_destroy(struct history *history)
{
    if (!history)
        return;
    for (size_t i = 0; i < history->series.count; i++) {
        free(history->series.items[i].metric);
        vector_free(&history->series.items[i].values);
    }
    vector_free(&history->series);
    text_map_free(&history->places);
    free(history);
}

static struct series *find_series(const struct history *history, const char *metric)
{
    const uint64_t *place = text_map_get(&history->places, metric, strlen(metric));
    return place ? &history->series.items[*place] : NULL;
}

static struct series *add_series(struct history *history, const char *metric)
{
    text_map_put(&history->places, metric, strlen(metric), history->series.count);
    vector_push(&history->series, ((struct series){.metric = memory_copy_text(metric)}));
    return &history->series.items[history->series.count - 1];
}

/* Makes room for `count` values; false when that is more than the history may hold. */
static bool reserve(struct history *history, struct series *series, size_t count)
{
    size_t capacity = series->values.capacity;
    if (count <= capacity)
        return true;
    size_t wanted = count < 2 * capacity ? 2 * capacity : count;
    if (history->value_count - capacity + wanted > most_values)
        return false;
    series->values.items = memory_resize(series->values.items, wanted, sizeof *series->values.items);
    series->values.capacity = wanted;
    history->value_count += wanted - capacity;
    return true;
}

static bool put(struct history *history, const char *metric, size_t step, double value)
{
    struct series *series = find_series(history, metric);
    if (!series)
        series = add_series(history, metric);
    if (!reserve(history, series, step))
        return false;
    while (series->values.count < step)
        series->values.items[series->values.count++] = NAN;
    series->values.items[step - 1] = value;
    return true;
}

bool history_try_add(struct history *history, int64_t step, const struct report_metric *metrics, size_t count)
{
    if (!history->started)
        history->from_zero = step == 0;
    if (step < !history->from_zero || step > most_steps - history->from_zero)
        return false;
    history->started = true;
    bool all = true;
    for (size_t i = 0; i < count; i++)
        all &= put(history, metrics[i].name, (size_t)(step + history->from_zero), metrics[i].value);
    return all;
}

void history_add(struct history *history, int64_t step, const struct report_metric *metrics, size_t count)
{
    (void)history_try_add(history, step, metrics, count);
}

size_t history_metric_count(const struct history *history)
{
    return history->series.count;
}

const char *history_metric_name(const struct history *history, size_t i)
{
    return history->series.items[i].metric;
}

const double *history_values(const struct history *history, const char *metric, size_t *count)
{
    const struct series *series = find_series(history, metric);
    *count = series ? series->values.count : 0;
    return series ? series->values.items : NULL;
}

static void add_series_json(const struct series *series, struct text *out)
{
    text_add_json_string(out, series->metric, strlen(series->metric));
    text_add(out, ": [");
    for (size_t i = 0; i < series->values.count; i++) {
        text_add(out, i ? ", " : "");
        text_add_number(out, series->values.items[i]);
    }
    text_add_char(out, ']');
}

void history_add_json(const struct history *history, struct text *out)
{
    text_add_char(out, '{');
    for (size_t i = 0; i < history->series.count; i++) {
        text_add(out, i ? ", " : "");
        add_series_json(&history->series.items[i], out);
    }
    text_add_char(out, '}');
}
