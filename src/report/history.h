/* The inside of a history, for the files of this folder. */
#pragma once
#include "base/hash.h"
#include "base/vector.h"
#include "report/report.h"

struct point {
    int64_t step;
    double value;
};

typedef VECTOR(struct point) point_list;

struct series {
    char *metric;
    point_list points; /* by step, unless is_unsorted */
    bool is_unsorted;
    double *curve; /* what history_values() made of it; NULL: nothing yet */
};

struct history {
    VECTOR(struct series) series; /* in the order of first report */
    struct text_map places;       /* metric to its place there */
    size_t point_count;           /* in all series */
    bool is_full;                 /* no more points are taken */
    int64_t *axis;                /* the distinct steps; NULL: not made yet, or not needed */
    size_t axis_count;
    bool has_axis; /* axis and axis_count are up to date */
};

/* Finds a metric with its points by step, each step once; NULL when it was never reported. */
struct series *history_find(struct history *history, const char *metric);
/* Returns the lowest step of all; INT64_MAX when there is none. */
int64_t history_first_step(struct history *history);
/* Moves the values of `from` to `into`, where they replace those of the same steps. */
void history_take(struct history *into, struct history *from);
/* Moves the metrics of `from` that `into` does not have. */
void history_take_others(struct history *into, struct history *from);
/* Adds a further attempt: of what earlier attempts reported, only what is below its first step stays.
 * Returns how many values do not. */
size_t history_go_on(struct history *into, struct history *attempt);
/* Drops the values of a metric. */
void history_drop(struct history *history, const char *metric);
/* Drops all values. */
void history_clear(struct history *history);
