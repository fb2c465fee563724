/* Readings of a history: the last and the best value, the curves, and all of it as JSON. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "report/history.h"

/* Up to this step, or where at least one step of ten was reported, a history has a value for each step. */
enum { longest_always_filled = 10000, sparsest_filled = 10 };

bool history_last(struct history *history, const char *metric, double *value)
{
    const struct series *series = history_find(history, metric);
    if (!series)
        return false;
    *value = series->points.items[series->points.count - 1].value;
    return true;
}

bool history_best(struct history *history, const char *metric, bool is_max, int64_t *step, double *value)
{
    const struct series *series = history_find(history, metric);
    const struct point *best = NULL;
    for (size_t i = 0; series && i < series->points.count; i++) {
        const struct point *point = &series->points.items[i];
        if (isfinite(point->value) &&
            (!best || (is_max ? point->value > best->value : point->value < best->value)))
            best = point;
    }
    if (!best)
        return false;
    *step = best->step;
    *value = best->value;
    return true;
}

int64_t history_last_step(struct history *history)
{
    int64_t last = -1;
    for (size_t i = 0; i < history->series.count; i++) {
        const struct series *series = history_find(history, history->series.items[i].metric);
        const struct point *point = &series->points.items[series->points.count - 1];
        last = point->step > last ? point->step : last;
    }
    return last;
}

/* Returns 1 where steps begin at 0, and so count as one more; else 0. */
static int64_t shift_of(struct history *history)
{
    return history_first_step(history) == 0;
}

int64_t history_epochs(struct history *history)
{
    int64_t last = history_last_step(history);
    return last < 0 ? 0 : last < INT64_MAX ? last + shift_of(history) : last;
}

static int compare_steps(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Returns the distinct steps of all metrics; free() them. */
static int64_t *collect_steps(struct history *history, size_t *count)
{
    size_t all = 0, kept = 0;
    int64_t *steps = memory_new(history->point_count, sizeof *steps);
    for (size_t i = 0; i < history->series.count; i++) {
        const struct series *series = history_find(history, history->series.items[i].metric);
        for (size_t n = 0; n < series->points.count; n++)
            steps[all++] = series->points.items[n].step;
    }
    qsort(steps, all, sizeof *steps, compare_steps);
    for (size_t i = 0; i < all; i++)
        if (i + 1 == all || steps[i + 1] != steps[i])
            steps[kept++] = steps[i];
    *count = kept;
    return steps;
}

static void make_axis(struct history *history)
{
    int64_t epochs = history_epochs(history);
    if (history->has_axis)
        return;
    history->has_axis = true;
    history->axis_count = (size_t)epochs;
    if (epochs <= longest_always_filled)
        return;
    size_t count;
    int64_t *steps = collect_steps(history, &count);
    if (epochs / sparsest_filled <= (int64_t)count) {
        free(steps);
        return;
    }
    history->axis = steps;
    history->axis_count = count;
}

const int64_t *history_steps(struct history *history, size_t *count)
{
    make_axis(history);
    *count = history->axis_count;
    return history->axis;
}

/* Returns the place of a step on the axis, from `place` on. */
static size_t find_place(const struct history *history, int64_t step, int64_t shift, size_t place)
{
    if (!history->axis)
        return (size_t)(step + shift - 1);
    while (history->axis[place] != step)
        place++;
    return place;
}

static void fill_curve(struct history *history, struct series *series, size_t count)
{
    int64_t shift = shift_of(history);
    size_t place = 0;
    series->curve = memory_new(count, sizeof *series->curve);
    for (size_t i = 0; i < count; i++)
        series->curve[i] = (double)NAN;
    for (size_t i = 0; i < series->points.count; i++) {
        const struct point *point = &series->points.items[i];
        place = find_place(history, point->step, shift, place);
        series->curve[place] = point->value;
    }
}

const double *history_values(struct history *history, const char *metric, size_t *count)
{
    struct series *series = history_find(history, metric);
    *count = 0;
    if (!series)
        return NULL;
    make_axis(history);
    int64_t last = series->points.items[series->points.count - 1].step;
    *count = find_place(history, last, shift_of(history), 0) + 1;
    if (!series->curve)
        fill_curve(history, series, *count);
    return series->curve;
}

static void add_key(struct text *out, const char *key)
{
    text_add(out, out->len > 1 ? ", " : "");
    text_add_json_string(out, key, strlen(key));
    text_add(out, ": [");
}

static void add_steps_json(struct history *history, struct text *out)
{
    size_t count;
    const int64_t *steps = history_steps(history, &count);
    if (!steps)
        return;
    add_key(out, "step");
    for (size_t i = 0; i < count; i++)
        text_addf(out, "%s%lld", i ? ", " : "", (long long)steps[i]);
    text_add_char(out, ']');
}

static void add_series_json(struct history *history, struct series *series, struct text *out)
{
    size_t count;
    bool was_made = series->curve;
    const double *values = history_values(history, series->metric, &count);
    add_key(out, series->metric);
    for (size_t i = 0; i < count; i++) {
        text_add(out, i ? ", " : "");
        text_add_number(out, values[i]);
    }
    text_add_char(out, ']');
    if (was_made)
        return;
    free(series->curve); /* all of them at once may be very much */
    series->curve = NULL;
}

void history_add_json(struct history *history, struct text *out)
{
    CLEANUP(text_free) struct text json = {0};
    text_add_char(&json, '{');
    add_steps_json(history, &json);
    for (size_t i = 0; i < history->series.count; i++)
        add_series_json(history, &history->series.items[i], &json);
    text_add_char(&json, '}');
    text_add_bytes(out, json.data, json.len);
}
