#include "cli/plan_print.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/grid.h"
#include "store/store.h"

static const size_t most_values = 8; /* of an axis, in the table */

/* Calls `print` for each listed run, in run order; `first` for the first of them. */
static void each_run(const struct plan_view *view,
                     void (*print)(const struct plan_view *, uint64_t rank, bool first))
{
    bool exact = plan_is_exact(view->plan);
    uint64_t count = plan_count(view->plan), listed = 0;
    uint64_t to_skip = exact ? 0 : view->offset;
    for (uint64_t i = exact ? view->offset : 0; i < count && listed < view->limit; i++) {
        uint64_t rank = order_at(view->order, i);
        if (!exact && !plan_keeps(view->plan, rank))
            continue;
        if (to_skip > 0)
            to_skip--;
        else
            print(view, rank, listed++ == 0);
    }
}

static void add_label(const struct plan_view *view, const struct value *permutation, struct text *out)
{
    plan_add_label(view->plan, permutation, out);
}

static uint64_t left(const struct plan_view *view)
{
    return plan_count(view->plan) - view->done;
}

static uint64_t excluded(const struct plan_view *view)
{
    return plan_product(view->plan) - plan_count(view->plan);
}

/* --- table --- */

static void add_values(struct text *out, const struct axis *axis)
{
    for (size_t i = 0; i < axis->count && i < most_values; i++) {
        text_add(out, i ? ", " : "");
        value_add_json(out, axis->values[i]);
    }
    if (axis->count > most_values)
        text_addf(out, ", and %zu more", axis->count - most_values);
}

static void print_axes(const struct plan *plan)
{
    if (plan_axis_count(plan) == 0)
        return;
    struct grid *grid = grid_create();
    grid_add_column(grid, "AXIS", false);
    grid_add_column(grid, "COUNT", true);
    grid_add_column(grid, "VALUES", false);
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        CLEANUP(text_free) struct text values = {0};
        CLEANUP(memory_free) char *count = text_format("%zu", axis->count);
        add_values(&values, axis);
        grid_add_row(grid, (const char *[]){axis->key, count, text_get(&values)});
    }
    grid_print(grid);
    putchar('\n');
    grid_destroy(grid);
}

static void print_label(const struct plan_view *view, uint64_t rank, bool first)
{
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(view->plan, rank);
    CLEANUP(text_free) struct text label = {0};
    add_label(view, permutation, &label);
    if (first)
        printf(view->offset ? "\nIn run order, from the %llu. on:\n" : "\nFirst in run order:\n",
               (unsigned long long)view->offset + 1);
    printf("  %s\n", text_get(&label));
}

void plan_print_table(const struct plan_view *view)
{
    const char *bound = plan_is_exact(view->plan) ? "" : "at most ";
    print_axes(view->plan);
    printf("%llu permutations, %llu excluded, %llu done, %s%llu left\n",
           (unsigned long long)plan_product(view->plan), (unsigned long long)excluded(view),
           (unsigned long long)view->done, bound, (unsigned long long)left(view));
    each_run(view, print_label);
}

/* --- csv --- */

static void print_csv_line(const struct plan_view *view, uint64_t rank, bool first)
{
    (void)first;
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(view->plan, rank);
    CLEANUP(text_free) struct text line = {0}, label = {0};
    for (size_t i = 0; i < value_count(permutation); i++) {
        store_add_csv_value(&line, value_item(permutation, i));
        text_add_char(&line, ',');
    }
    add_label(view, permutation, &label);
    store_add_csv_text(&line, text_get(&label), label.len);
    puts(text_get(&line));
}

void plan_print_csv(const struct plan_view *view)
{
    const struct value *keys = config_keys(plan_config(view->plan));
    CLEANUP(text_free) struct text line = {0};
    for (size_t i = 0; i < value_count(keys); i++) {
        store_add_csv_text(&line, value_key(keys, i), strlen(value_key(keys, i)));
        text_add_char(&line, ',');
    }
    printf("%slabel\n", text_get(&line));
    each_run(view, print_csv_line);
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
    printf("{\"axes\": [%s], ", text_get(&out));
}

static void print_json_run(const struct plan_view *view, uint64_t rank, bool first)
{
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(view->plan, rank);
    CLEANUP(text_free) struct text out = {0}, label = {0};
    add_label(view, permutation, &label);
    text_add(&out, first ? "\n{\"label\": " : ",\n{\"label\": ");
    text_add_json_string(&out, text_get(&label), label.len);
    text_add(&out, ", \"config\": ");
    value_add_json(&out, permutation);
    text_add_char(&out, '}');
    fputs(text_get(&out), stdout);
}

void plan_print_json(const struct plan_view *view)
{
    print_json_axes(view->plan);
    printf("\"permutations\": %llu, \"excluded\": %llu, \"done\": %llu, \"left\": %llu, \"runs\": [",
           (unsigned long long)plan_product(view->plan), (unsigned long long)excluded(view),
           (unsigned long long)view->done, (unsigned long long)left(view));
    each_run(view, print_json_run);
    puts("]}");
}
