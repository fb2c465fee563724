#include "report/history.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

/* The points of all metrics together take 256 MiB, and 512 MiB while they grow. */
enum { most_points = 16 << 20 };

struct history *history_create(void)
{
    return memory_new(1, sizeof(struct history));
}

static void free_series(struct series *series)
{
    free(series->metric);
    free(series->curve);
    vector_free(&series->points);
}

static void forget_axis(struct history *history)
{
    free(history->axis);
    history->axis = NULL;
    history->has_axis = false;
}

void history_clear(struct history *history)
{
    for (size_t i = 0; i < history->series.count; i++)
        free_series(&history->series.items[i]);
    vector_free(&history->series);
    text_map_free(&history->places);
    forget_axis(history);
    *history = (struct history){0};
}

void history_destroy(struct history *history)
{
    if (!history)
        return;
    history_clear(history);
    free(history);
}

/* A point, and its place among those that were reported. */
struct placed {
    struct point point;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    if (x->point.step != y->point.step)
        return x->point.step < y->point.step ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* Sorts the points by step; of a step that was reported twice the later value stays. */
static void sort(struct history *history, struct series *series)
{
    point_list *points = &series->points;
    size_t count = points->count, kept = 0;
    if (!series->is_unsorted)
        return;
    CLEANUP(memory_free) struct placed *all = memory_new(count, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = (struct placed){points->items[i], i};
    qsort(all, count, sizeof *all, compare);
    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || all[i + 1].point.step != all[i].point.step)
            points->items[kept++] = all[i].point;
    points->count = kept;
    history->point_count -= count - kept;
    series->is_unsorted = false;
}

static struct series *find(const struct history *history, const char *metric)
{
    const uint64_t *place = text_map_get(&history->places, metric, strlen(metric));
    return place ? &history->series.items[*place] : NULL;
}

struct series *history_find(struct history *history, const char *metric)
{
    struct series *series = find(history, metric);
    if (series)
        sort(history, series);
    return series;
}

static struct series *add_series(struct history *history, const char *metric)
{
    text_map_put(&history->places, metric, strlen(metric), history->series.count);
    vector_push(&history->series, ((struct series){.metric = memory_copy_text(metric)}));
    return &history->series.items[history->series.count - 1];
}

static bool is_lower(double a, double b)
{
    return isfinite(a) && (!isfinite(b) || a < b);
}

/* Keeps every other point, and the last, the lowest and the highest: the curve looks the same, and what is
 * read off it is the same. */
static void thin(struct history *history, struct series *series)
{
    point_list *points = &series->points;
    size_t low = 0, high = 0, kept = 0, count = points->count;
    for (size_t i = 0; i < count; i++) {
        low = is_lower(points->items[i].value, points->items[low].value) ? i : low;
        high = is_lower(-points->items[i].value, -points->items[high].value) ? i : high;
    }
    for (size_t i = 0; i < count; i++)
        if (i % 2 == 0 || i + 1 == count || i == low || i == high)
            points->items[kept++] = points->items[i];
    points->count = kept;
    history->point_count -= count - kept;
}

/* Makes room when the history is full; false when that cannot be, since most metrics have very few points. */
static bool make_room(struct history *history)
{
    if (history->point_count < most_points)
        return true;
    for (size_t i = 0; !history->is_full && i < history->series.count; i++) {
        sort(history, &history->series.items[i]);
        thin(history, &history->series.items[i]);
    }
    history->is_full = history->point_count > most_points / 4 * 3;
    return !history->is_full;
}

/* Makes room for a point. A step that is reported again and again takes no more room; and so much is free
 * after sorting that not each further point sorts them all. */
static void make_room_in(struct history *history, struct series *series)
{
    if (series->points.count < series->points.capacity)
        return;
    sort(history, series);
    if (series->points.count >= series->points.capacity / 2)
        vector_grow(&series->points);
}

static void put(struct history *history, struct series *series, struct point point)
{
    free(series->curve);
    series->curve = NULL;
    make_room_in(history, series);
    point_list *points = &series->points;
    struct point *last = points->count > 0 ? &points->items[points->count - 1] : NULL;
    if (last && last->step == point.step) {
        last->value = point.value;
        return;
    }
    series->is_unsorted |= last && last->step > point.step;
    /* The analyzer takes a list whose last point is NULL for one that has no room. */
    vector_push(points, point); // NOLINT(clang-analyzer-core.NullDereference)
    history->point_count++;
}

bool history_add(struct history *history, int64_t step, const struct report_metric *metrics, size_t count)
{
    if (step < 0)
        return false;
    if (count > 0)
        forget_axis(history);
    for (size_t i = 0; i < count; i++) {
        if (!make_room(history))
            return false;
        struct series *series = find(history, metrics[i].name);
        if (!series)
            series = add_series(history, metrics[i].name);
        put(history, series, (struct point){step, metrics[i].value});
    }
    return true;
}

int64_t history_first_step(struct history *history)
{
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < history->series.count; i++) {
        struct series *series = &history->series.items[i];
        sort(history, series);
        if (series->points.items[0].step < first)
            first = series->points.items[0].step;
    }
    return first;
}

void history_take(struct history *into, struct history *from)
{
    if (into->series.count == 0) {
        struct history empty = *into;
        *into = *from;
        *from = empty;
        return;
    }
    for (size_t i = 0; i < from->series.count; i++) {
        const struct series *series = &from->series.items[i];
        for (size_t n = 0; n < series->points.count; n++)
            history_add(into, series->points.items[n].step,
                        &(struct report_metric){series->metric, series->points.items[n].value}, 1);
    }
    history_clear(from);
}

static void add_points(struct history *into, const struct series *series)
{
    for (size_t i = 0; i < series->points.count; i++)
        history_add(into, series->points.items[i].step,
                    &(struct report_metric){series->metric, series->points.items[i].value}, 1);
}

void history_take_others(struct history *into, struct history *from)
{
    if (into->series.count == 0) {
        history_take(into, from);
        return;
    }
    for (size_t i = 0; i < from->series.count; i++) {
        const struct series *series = &from->series.items[i];
        if (!find(into, series->metric))
            add_points(into, series);
    }
    history_clear(from);
}

void history_drop(struct history *history, const char *metric)
{
    struct history rest = {0};
    if (!find(history, metric))
        return;
    for (size_t i = 0; i < history->series.count; i++)
        if (strcmp(history->series.items[i].metric, metric) != 0)
            add_points(&rest, &history->series.items[i]);
    history_clear(history);
    *history = rest;
}

/* Drops the values from `step` on, and metrics that have no other. */
static void cut(struct history *history, int64_t step)
{
    struct history rest = {0};
    for (size_t i = 0; i < history->series.count; i++) {
        struct series *series = &history->series.items[i];
        sort(history, series);
        for (size_t n = 0; n < series->points.count && series->points.items[n].step < step; n++)
            history_add(&rest, series->points.items[n].step,
                        &(struct report_metric){series->metric, series->points.items[n].value}, 1);
    }
    history_clear(history);
    *history = rest;
}

size_t history_go_on(struct history *into, struct history *attempt)
{
    size_t before = into->point_count;
    if (into->series.count > 0 && attempt->series.count > 0)
        cut(into, history_first_step(attempt));
    size_t dropped = before - into->point_count;
    history_take(into, attempt);
    return dropped;
}

size_t history_metric_count(const struct history *history)
{
    return history->series.count;
}

const char *history_metric_name(const struct history *history, size_t i)
{
    return history->series.items[i].metric;
}
