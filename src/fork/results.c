#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "config/config.h"
#include "fork/fork.h"

void results_add_start(struct furcate_results *results, double start_time)
{
    char start[32];
    clock_format(start_time, start);
    value_object_set(results->data, "start_time", value_new_float(start_time));
    value_object_set_text(results->data, "start_time_string", start);
}

void results_add_end(struct furcate_results *results, double start_time, double seconds)
{
    char end[32], total[48];
    double end_time = clock_wall_end(start_time, seconds);
    clock_format(end_time, end);
    duration_format(seconds, total);
    value_object_set(results->data, "end_time", value_new_float(end_time));
    value_object_set_text(results->data, "end_time_string", end);
    value_object_set(results->data, "total_time", value_new_float(seconds));
    value_object_set_text(results->data, "total_time_string", total);
}

void results_add_numbers(struct furcate_results *results)
{
    if (results->numbers)
        return;
    results->numbers = value_new_array();
    value_object_set(results->data, "results", results->numbers);
}

void results_add_value(struct furcate_results *results, const char *name, struct value *value)
{
    CLEANUP(memory_free) char *key = text_format("test_%s", name ? name : "");
    results_add_numbers(results);
    if (name)
        value_object_set(results->data, key, value_ref(value));
    value_array_add(results->numbers, value);
}

void furcate_add_result(struct furcate_results *results, const char *name, double value)
{
    results_add_value(results, name, value_new_float(value));
}

bool results_is_kept(const char *name)
{
    return config_result_is_taken(name);
}

void furcate_set_result(struct furcate_results *results, const char *name, double value)
{
    if (*name && !results_is_kept(name))
        value_object_set(results->data, name, value_new_float(value));
    else
        furcate_fail(results->fork, "furcate_set_result: '%s' is kept by furcate itself: use another name",
                     name);
}
