#include "cli/plan_print.h"

#include <stdio.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/tell.h"
#include "cli/grid.h"
#include "store/store.h"

static const size_t most_values = 8; /* of an axis, in the table */

/* --- runs --- */

/* The i-th rank of the list. When excluded ones were not counted, it has to be searched for behind the one
 * before. */
static bool next_rank(const struct plan_view *view, struct order *order, uint64_t i, uint64_t *rank)
{
    static const struct number_set none = {0};
    if (!plan_is_exact(view->plan))
        return order_next(order, &none, rank);
    if (i >= plan_count(view->plan))
        return false;
    *rank = order_at(order, i);
    return true;
}

/* In run order. */
static void list_from(const struct plan_view *view, struct order *order, struct plan_rows *rows)
{
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(view->plan), sizeof *choice);
    uint64_t rank, listed = 0;
    for (uint64_t i = plan_is_exact(view->plan) ? view->offset : 0; listed < view->limit; i++) {
        if (!next_rank(view, order, i, &rank))
            return;
        if (i < view->offset)
            continue;
        plan_unrank(view->plan, rank, choice);
        if (!plan_rows_add(rows, choice, listed++ == 0))
            return;
    }
}

static void list_runs(const struct plan_view *view)
{
    const struct value *keys = config_keys(plan_config(view->plan));
    struct plan_rows *rows = plan_rows_open(view->plan, view->format, keys, NULL);
    plan_rows_show_commands(rows, view->command, view->commands);
    plan_rows_show_done(rows, &view->done);
    struct order *order = order_create(view->plan);
    list_from(view, order, rows);
    order_destroy(order);
    plan_rows_close(rows);
}

/* At most as many when the plan is not exact. */
static unsigned long long left(const struct plan_view *view)
{
    return plan_count(view->plan) - view->done.count;
}

static unsigned long long excluded(const struct plan_view *view)
{
    return plan_product(view->plan) - plan_count(view->plan);
}

/* --- table --- */

/* Adds the first values of an axis, and how many more it has. */
static void add_first_values(struct text *out, const struct axis *axis, size_t shown)
{
    for (size_t i = 0; i < axis->count && i < shown; i++) {
        text_add(out, i ? ", " : "");
        value_add_json(out, axis->values[i]);
    }
    if (axis->count > shown)
        text_addf(out, ", and %zu more", axis->count - shown);
}

/* Adds as many whole values as there is room for, at least one. */
static void add_values(struct text *out, const struct axis *axis, size_t room)
{
    for (size_t shown = most_values; shown > 0; shown--) {
        text_clear(out);
        add_first_values(out, axis, shown);
        if (display_width(text_get(out), out->len) <= room)
            return;
    }
}

/* Returns the room that a terminal has for the values of the axes. */
static size_t room_for_values(const struct plan *plan)
{
    size_t room = grid_room(), widest = strlen("AXIS"), others = strlen(" COUNT ");
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const char *key = plan_axis(plan, i)->key;
        size_t width = display_width(key, strlen(key));
        widest = width > widest ? width : widest;
    }
    return room > widest + others ? room - widest - others : 0;
}

static void print_axes(const struct plan *plan)
{
    if (plan_axis_count(plan) == 0)
        return;
    size_t room = room_for_values(plan);
    struct grid *grid = grid_create(3);
    grid_add_column(grid, "AXIS", false);
    grid_add_column(grid, "COUNT", true);
    grid_add_column(grid, "VALUES", false);
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        CLEANUP(text_free) struct text values = {0};
        CLEANUP(memory_free) char *count = text_format("%zu", axis->count);
        add_values(&values, axis, room);
        grid_add_row(grid, (const char *[]){axis->key, count, text_get(&values)});
    }
    grid_print(grid);
    tell_result("\n");
    grid_destroy(grid);
}

static void print_counts(const struct plan_view *view)
{
    unsigned long long product = plan_product(view->plan), done = view->done.count;
    if (plan_is_exact(view->plan))
        tell_result("%llu permutation%s, %llu excluded, %llu done, %llu left\n", product,
                    product == 1 ? "" : "s", excluded(view), done, left(view));
    else
        tell_result("%llu permutations, excluded ones not counted, %llu done, at most %llu left\n", product,
                    done, left(view));
}

static void print_table(const struct plan_view *view)
{
    print_axes(view->plan);
    print_counts(view);
    tell_result_lines(view->other_rows);
    bool lists = view->limit > 0 && view->offset < plan_count(view->plan);
    if (lists && view->offset > 0)
        tell_result("\nIn run order, from the %llu. on:\n", (unsigned long long)view->offset + 1);
    else if (lists)
        tell_result("\nFirst in run order:\n");
    list_runs(view);
}

/* --- csv --- */

void plan_print_csv_header(const char *before, const struct value *columns)
{
    CLEANUP(text_free) struct text line = {0};
    if (before)
        text_addf(&line, "%s,", before);
    for (size_t i = 0; i < value_count(columns); i++) {
        const char *key = value_key(columns, i);
        CLEANUP(memory_free) char *column = text_format("%s%s", config_column_prefix(key), key);
        store_add_csv_text(&line, column, strlen(column));
        text_add_char(&line, ',');
    }
    text_add(&line, "label\n");
    tell_data(text_get(&line));
}

static void print_csv(const struct plan_view *view)
{
    plan_print_csv_header(NULL, config_keys(plan_config(view->plan)));
    list_runs(view);
}

/* --- json --- */

static void print_json_axes(const struct plan *plan)
{
    CLEANUP(text_free) struct text out = {0};
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        text_add(&out, i ? ", {\"key\": " : "{\"key\": ");
        text_add_json_string(&out, axis->key, strlen(axis->key));
        text_add(&out, ", \"values\": [");
        for (size_t j = 0; j < axis->count; j++) {
            text_add(&out, j ? ", " : "");
            value_add_json(&out, axis->values[j]);
        }
        text_add(&out, "]}");
    }
    tell_result("{\"axes\": [");
    tell_json(text_get(&out));
    tell_result("], ");
}

static void print_json_counts(const struct plan_view *view)
{
    unsigned long long product = plan_product(view->plan), done = view->done.count;
    if (plan_is_exact(view->plan))
        tell_result("\"permutations\": %llu, \"excluded\": %llu, \"done\": %llu, \"left\": %llu, ", product,
                    excluded(view), done, left(view));
    else
        tell_result("\"permutations\": %llu, \"excluded\": null, \"done\": %llu, \"left\": null, "
                    "\"left_at_most\": %llu, ",
                    product, done, left(view));
}

static void print_json(const struct plan_view *view)
{
    print_json_axes(view->plan);
    print_json_counts(view);
    tell_result("\"runs\": [");
    list_runs(view);
    tell_result("]}\n");
}

void plan_print(const struct plan_view *view)
{
    static void (*const print[])(const struct plan_view *) = {
        [PLAN_TABLE] = print_table, [PLAN_CSV] = print_csv, [PLAN_JSON] = print_json};
    print[view->format](view);
}
