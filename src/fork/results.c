#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "config/config.h"
#include "fork/fork.h"

static void set_text(struct value *data, const char *key, const char *text)
{
    value_object_set(data, key, value_new_string(text, strlen(text)));
}

void results_add_times(struct furcate_results *results, double start_time, double seconds)
{
    char start[32], end[32], total[48];
    double end_time = clock_wall_end(start_time, seconds);
    clock_format(start_time, start);
    clock_format(end_time, end);
    duration_format(seconds, total);
    value_object_set(results->data, "start_time", value_new_float(start_time));
    set_text(results->data, "start_time_string", start);
    value_object_set(results->data, "end_time", value_new_float(end_time));
    set_text(results->data, "end_time_string", end);
    value_object_set(results->data, "total_time", value_new_float(seconds));
    set_text(results->data, "total_time_string", total);
}

void results_add_numbers(struct furcate_results *results)
{
    if (results->numbers)
        return;
    results->numbers = value_new_array();
    value_object_set(results->data, "results", results->numbers);
}

void furcate_add_result(struct furcate_results *results, const char *name, double value)
{
    CLEANUP(memory_free) char *key = text_format("test_%s", name);
    results_add_numbers(results);
    value_array_add(results->numbers, value_new_float(value));
    value_object_set(results->data, key, value_new_float(value));
}

void furcate_set_result(struct furcate_results *results, const char *name, double value)
{
    if (*name && !config_result_is_taken(name))
        value_object_set(results->data, name, value_new_float(value));
    else
        furcate_fail(results->fork, "furcate_set_result: '%s' is kept by furcate itself: use another name",
                     name);
}
