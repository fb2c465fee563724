#include "store/columns.h"

#include <string.h>

#include "base/memory.h"

const char *const store_columns_before_metrics[] = {
    "start_time", "start_time_string", "end_time", "end_time_string",
    "total_time", "total_time_string", "results",  NULL,
};
const char *const store_columns_behind_metrics[] = {"epochs", NULL};

/* "" stands for all that is not named. */
static const char *const places[] = {
    "",
    "meta",
    "log_dir",
    "gpu_id",
    "run_start_time",
    "run_start_time_string",
    "run_end_time",
    "run_end_time_string",
    "run_total_time",
    "run_total_time_string",
    "run_results",
    "run_",
    "run_epochs",
    "run_id",
    "run_name",
    "run_attempts",
};
enum { place_count = sizeof places / sizeof *places, place_key = 0, place_metric = 11 };

static int find_place(const char *name)
{
    for (int i = 1; i < place_count; i++)
        if (i != place_metric && strcmp(places[i], name) == 0)
            return i;
    return strncmp(name, "run_", 4) == 0 ? place_metric : place_key;
}

void store_columns_free(struct columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        free(columns->items[i]);
    vector_free(columns);
}

void store_columns_add(struct columns *columns, const char *name, size_t len)
{
    vector_push(columns, memory_copy_bytes(name, len));
}

size_t store_columns_find(const struct columns *columns, const char *name, size_t hint)
{
    for (size_t i = 0; i < columns->count; i++) {
        size_t at = (hint + i) % columns->count;
        if (strcmp(columns->items[at], name) == 0)
            return at;
    }
    return columns->count;
}

bool store_columns_are_own(const char *name)
{
    return find_place(name) != place_key;
}

size_t store_columns_insert(struct columns *columns, const char *name)
{
    int place = find_place(name);
    size_t at = 0;
    while (at < columns->count && find_place(columns->items[at]) <= place)
        at++;
    store_columns_add(columns, name, strlen(name));
    char *added = columns->items[columns->count - 1];
    memmove(columns->items + at + 1, columns->items + at, (columns->count - 1 - at) * sizeof *columns->items);
    columns->items[at] = added;
    return at;
}
