/* `furcate plan --against`: what of a plan joins, stays and goes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/tell.h"
#include "cli/grid.h"
#include "cli/plan_print.h"

/* What a key is before and now; NULL: it is not there. */
struct key_change {
    const char *key;
    const struct value *before, *now;
};

struct comparison {
    const struct plan_view *view;
    struct plan *before;
    struct plan_change *change;
    struct value *columns; /* an object of all keys of both */
};

/* Moves through what makes other permutations and is not as before: the keys, then the exclude entries. Keys
 * that say where or with what settings a run executes make none. `i`: 0 at first; false at the end. */
static bool next_key(const struct comparison *comparison, size_t *i, struct key_change *change)
{
    const struct config *before = plan_config(comparison->before), *now = plan_config(comparison->view->plan);
    size_t count = value_count(comparison->columns);
    while (*i <= count) {
        size_t at = (*i)++;
        const char *key = at < count ? value_key(comparison->columns, at) : "meta.exclude_configs";
        if (at < count && !plan_compares_key(key))
            continue;
        *change = at < count
                      ? (struct key_change){key, value_get(config_keys(before), key),
                                            value_get(config_keys(now), key)}
                      : (struct key_change){key, config_meta(before)->exclude, config_meta(now)->exclude};
        if (!change->before || !change->now || !plan_values_equal(key, change->before, change->now))
            return true;
    }
    return false;
}

/* --- the lists of runs --- */

/* What one list of runs holds. */
struct change_list {
    const char *change, *heading; /* in a row; above the rows of a table */
    uint64_t total;               /* runs, at most where they were not counted */
};

/* Tells below the rows of a table, the last of which was the view's last, what is left out. */
static void print_rest(const struct comparison *comparison, const struct change_list *list)
{
    uint64_t end = comparison->view->offset + comparison->view->limit;
    if (plan_change_is_exact(comparison->change) && list->total > end)
        tell_result("  and %llu more\n", (unsigned long long)(list->total - end));
    else if (list->total > end)
        tell_result("  and possibly more\n");
}

/* In a table a heading stands above the first. */
static void list_difference(const struct comparison *comparison, struct plan *plan, const struct plan *other,
                            const struct change_list *list, uint64_t *listed)
{
    const struct plan_view *view = comparison->view;
    struct plan_rows *rows = plan_rows_open(plan, view->format, comparison->columns, list->change);
    struct plan_difference *difference = plan_difference_create(plan, other);
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    plan_difference_skip(difference, view->offset);
    uint64_t i = 0;
    for (; i < view->limit && plan_difference_next(difference, choice); i++) {
        if (i == 0 && view->format == PLAN_TABLE)
            tell_result("\n%s:\n", list->heading);
        if (!plan_rows_add(rows, choice, (*listed)++ == 0))
            break;
    }
    plan_difference_destroy(difference);
    plan_rows_close(rows);
    if (i > 0 && i == view->limit && view->format == PLAN_TABLE)
        print_rest(comparison, list);
}

static void list_joining(const struct comparison *comparison, uint64_t *listed)
{
    const struct change_list list = {"joins", "Joining", plan_change_joined(comparison->change)};
    list_difference(comparison, comparison->view->plan, comparison->before, &list, listed);
}

static void list_going(const struct comparison *comparison, uint64_t *listed)
{
    const struct change_list list = {"goes", "Going", plan_change_gone(comparison->change)};
    list_difference(comparison, comparison->before, comparison->view->plan, &list, listed);
}

/* --- table --- */

/* Returns whether one of the key's `values` in that plan, which may be an array of them, is equal to this. */
static bool has_value(const struct plan *plan, const char *key, const struct value *values,
                      const struct value *value)
{
    int64_t axis = plan_find_axis(plan, key);
    if (axis >= 0) /* there may be 10^5 */
        return plan_find_value(plan, (size_t)axis, value) >= 0;
    if (value_kind(values) != VALUE_ARRAY)
        return plan_values_equal(key, values, value);
    for (size_t i = 0; i < value_count(values); i++)
        if (plan_values_equal(key, value_item(values, i), value))
            return true;
    return false;
}

/* Adds the values of the one that are not among the other plan's, behind a sign. */
static void add_missing(struct text *out, char sign, const char *key, const struct value *values,
                        const struct plan *other, const struct value *others)
{
    enum { shown = 8 };
    bool is_axis = value_kind(values) == VALUE_ARRAY;
    size_t count = 0;
    for (size_t i = 0; i < (is_axis ? value_count(values) : 1); i++) {
        const struct value *value = is_axis ? value_item(values, i) : values;
        if (has_value(other, key, others, value) || ++count > shown)
            continue;
        text_addf(out, "%s%c", out->len ? " " : "", sign);
        value_add_json(out, value);
    }
    if (count > shown)
        text_addf(out, " and %zu more", count - shown);
}

static void add_value_or_none(struct text *out, const struct value *value)
{
    if (value)
        value_add_json(out, value);
    else
        text_add(out, "none");
}

/* "+128 -32" for an axis, "50 -> 60" for a key of one value. */
static void add_key_change(const struct comparison *comparison, struct text *out,
                           const struct key_change *change)
{
    bool is_axis = (change->before && value_kind(change->before) == VALUE_ARRAY) ||
                   (change->now && value_kind(change->now) == VALUE_ARRAY);
    if (is_axis && change->before && change->now) {
        const struct plan *before = comparison->before, *now = comparison->view->plan;
        add_missing(out, '+', change->key, change->now, before, change->before);
        add_missing(out, '-', change->key, change->before, now, change->now);
        if (out->len == 0)
            text_add(out, "in another order");
        return;
    }
    add_value_or_none(out, change->before);
    text_add(out, " -> ");
    add_value_or_none(out, change->now);
}

static void print_keys(const struct comparison *comparison)
{
    size_t rows = 0;
    struct grid *grid = grid_create(2);
    struct key_change change;
    grid_add_column(grid, "KEY", false);
    grid_add_column(grid, "CHANGE", false);
    for (size_t i = 0; next_key(comparison, &i, &change);) {
        CLEANUP(text_free) struct text text = {0};
        add_key_change(comparison, &text, &change);
        grid_add_row(grid, (const char *[]){change.key, text_get(&text)});
        rows++;
    }
    if (rows > 0) {
        grid_print(grid);
        tell_result("\n");
    }
    grid_destroy(grid);
}

static void print_table(const struct comparison *comparison)
{
    const struct plan_change *change = comparison->change;
    unsigned long long joined = plan_change_joined(change), gone = plan_change_gone(change);
    const char *bound = plan_change_is_exact(change) ? "" : "at most ";
    uint64_t listed = 0;
    print_keys(comparison);
    tell_result("%s%llu join, %s%llu stay, %s%llu go\n", bound, joined, *bound ? "at least " : "",
                (unsigned long long)plan_change_stayed(change), bound, gone);
    list_joining(comparison, &listed);
    list_going(comparison, &listed);
}

/* --- csv --- */

static void print_csv(const struct comparison *comparison)
{
    uint64_t listed = 0;
    plan_print_csv_header("change", comparison->columns);
    list_joining(comparison, &listed);
    list_going(comparison, &listed);
}

/* --- json --- */

static void add_json_or_null(struct text *out, const struct value *value)
{
    if (value)
        value_add_json(out, value);
    else
        text_add(out, "null");
}

static void print_json_keys(const struct comparison *comparison)
{
    CLEANUP(text_free) struct text out = {0};
    struct key_change change;
    for (size_t i = 0; next_key(comparison, &i, &change);) {
        text_add(&out, out.len ? ", {\"key\": " : "{\"key\": ");
        text_add_json_string(&out, change.key, strlen(change.key));
        text_add(&out, ", \"before\": ");
        add_json_or_null(&out, change.before);
        text_add(&out, ", \"now\": ");
        add_json_or_null(&out, change.now);
        text_add_char(&out, '}');
    }
    tell_result("{\"keys\": [");
    tell_json(text_get(&out));
    tell_result("], ");
}

static void print_json(const struct comparison *comparison)
{
    const struct plan_change *change = comparison->change;
    unsigned long long joined = plan_change_joined(change), stayed = plan_change_stayed(change);
    unsigned long long gone = plan_change_gone(change);
    uint64_t listed = 0;
    print_json_keys(comparison);
    if (plan_change_is_exact(change))
        tell_result("\"joined\": %llu, \"stayed\": %llu, \"gone\": %llu, \"runs\": [", joined, stayed, gone);
    else
        tell_result("\"joined\": null, \"joined_at_most\": %llu, \"stayed\": null, \"gone\": null, "
                    "\"gone_at_most\": %llu, \"runs\": [",
                    joined, gone);
    list_joining(comparison, &listed);
    list_going(comparison, &listed);
    tell_result("]}\n");
}

/* The keys of the plan now, then those that only the plan before has. */
static struct value *all_keys(const struct plan *now, const struct plan *before)
{
    struct value *all = value_new_object();
    const struct plan *const plans[] = {now, before};
    for (size_t i = 0; i < 2; i++) {
        const struct value *keys = config_keys(plan_config(plans[i]));
        for (size_t j = 0; j < value_count(keys); j++)
            value_object_set(all, value_key(keys, j), value_new_null());
    }
    return all;
}

void plan_print_change(const struct plan_view *view, struct plan *before)
{
    static void (*const print[])(const struct comparison *) = {
        [PLAN_TABLE] = print_table, [PLAN_CSV] = print_csv, [PLAN_JSON] = print_json};
    struct comparison comparison = {view, before, plan_change_create(before, view->plan),
                                    all_keys(view->plan, before)};
    print[view->format](&comparison);
    value_unref(comparison.columns);
    plan_change_destroy(comparison.change);
}
