#include "report/curve.h"

#include <math.h>

#include "base/vector.h"

/* With more than this the points of a curve run into one another. */
enum { most_marked = 40 };
/* Two for each stretch; a picture is 1200 pixels wide, and gnuplot slow with very many lines. */
enum { most_stretches = 2000 };

struct point {
    double epoch, value;
    bool joined; /* to the one before */
};

struct points {
    VECTOR(struct point) list;
};

static void free_points(struct points *points)
{
    vector_free(&points->list);
}

static void join_all(struct points *points)
{
    for (size_t i = 0; i < points->list.count; i++)
        points->list.items[i].joined = true;
}

static void collect(struct points *points, const double *epochs, const double *values, size_t count)
{
    bool any_joined = false;
    for (size_t i = 0; values && i < count; i++) {
        bool joined = i > 0 && isfinite(values[i - 1]);
        if (isfinite(values[i])) {
            double epoch = epochs ? epochs[i] : (double)(i + 1);
            vector_push(&points->list, ((struct point){epoch, values[i], joined}));
            any_joined |= joined;
        }
    }
    if (!any_joined)
        join_all(points);
}

/* A point without a line on either side would not be seen. */
static bool is_marked(const struct points *points, size_t i)
{
    size_t count = points->list.count;
    bool alone = !points->list.items[i].joined && (i + 1 == count || !points->list.items[i + 1].joined);
    return count <= most_marked || alone;
}

static void add_point(struct text *data, const struct points *points, size_t i)
{
    const struct point *point = &points->list.items[i];
    text_addf(data, "%.15g %.17g %s\n", point->epoch, point->value, is_marked(points, i) ? "1.8" : "0");
}

/* The lowest and the highest of the points [from, to), in their order. */
static void add_stretch(struct text *data, const struct points *points, size_t from, size_t to)
{
    const struct point *items = points->list.items;
    size_t low = from, high = from;
    for (size_t i = from; i < to; i++) {
        low = items[i].value < items[low].value ? i : low;
        high = items[i].value > items[high].value ? i : high;
    }
    if (from > 0 && !items[from].joined)
        text_add_char(data, '\n');
    add_point(data, points, low < high ? low : high);
    if (low != high)
        add_point(data, points, low < high ? high : low);
}

bool report_curve_add(struct text *data, const double *epochs, const double *values, size_t count)
{
    CLEANUP(free_points) struct points points = {0};
    collect(&points, epochs, values, count);
    size_t length = points.list.count / most_stretches + 1;
    for (size_t from = 0; from < points.list.count; from += length) {
        size_t to = from + length;
        add_stretch(data, &points, from, to < points.list.count ? to : points.list.count);
    }
    return points.list.count > 0;
}
