#include "cli/plan_print.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "cli/grid.h"
#include "cli/plan_lines.h"
#include "store/store.h"

static const size_t most_values = 8; /* of an axis, in the table */

/* Prints the listed runs; what a format does with one is `add`. */
struct listing {
    const struct plan_view *view;
    struct plan_lines *lines; /* NULL: labels alone */
    struct labels *labels;
    void (*add)(struct listing *listing, const uint32_t *choice);
    struct text out;   /* waits to be printed */
    struct text label; /* of the run that is being added */
    uint64_t listed;
};

static void flush(struct listing *listing)
{
    fwrite(text_get(&listing->out), 1, listing->out.len, stdout);
    text_clear(&listing->out);
}

/* In run order. Stops early when nobody reads. */
static void list_runs(struct listing *listing)
{
    enum { enough = 1 << 16 };
    const struct plan_view *view = listing->view;
    bool exact = plan_is_exact(view->plan);
    uint64_t count = plan_count(view->plan), to_skip = exact ? 0 : view->offset;
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(view->plan), sizeof *choice);
    for (uint64_t i = exact ? view->offset : 0; i < count && listing->listed < view->limit; i++) {
        uint64_t rank = order_at(view->order, i);
        if (!plan_keeps(view->plan, rank))
            continue;
        if (to_skip > 0) {
            to_skip--;
            continue;
        }
        plan_unrank(view->plan, rank, choice);
        listing->add(listing, choice);
        listing->listed++;
        if (listing->out.len >= enough)
            flush(listing);
        if (ferror(stdout))
            break;
    }
    flush(listing);
}

static void list(const struct plan_view *view, plan_add_pair *add_pair,
                 void (*add)(struct listing *, const uint32_t *))
{
    struct listing listing = {.view = view,
                              .lines = add_pair ? plan_lines_create(view->plan, add_pair) : NULL,
                              .labels = labels_create(view->plan),
                              .add = add};
    list_runs(&listing);
    if (listing.lines)
        plan_lines_destroy(listing.lines);
    labels_destroy(listing.labels);
    text_free(&listing.out);
    text_free(&listing.label);
}

/* At most as many when the plan is not exact. */
static unsigned long long left(const struct plan_view *view)
{
    return plan_count(view->plan) - view->done;
}

static unsigned long long excluded(const struct plan_view *view)
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

static void add_label_line(struct listing *listing, const uint32_t *choice)
{
    uint64_t offset = listing->view->offset;
    if (listing->listed == 0 && offset > 0)
        text_addf(&listing->out, "\nIn run order, from the %llu. on:\n", (unsigned long long)offset + 1);
    else if (listing->listed == 0)
        text_add(&listing->out, "\nFirst in run order:\n");
    text_add(&listing->out, "  ");
    labels_add(listing->labels, choice, &listing->out);
    text_add_char(&listing->out, '\n');
}

static void print_counts(const struct plan_view *view)
{
    unsigned long long product = plan_product(view->plan), done = view->done;
    if (plan_is_exact(view->plan))
        printf("%llu permutations, %llu excluded, %llu done, %llu left\n", product, excluded(view), done,
               left(view));
    else
        printf("%llu permutations, excluded ones not counted, %llu done, at most %llu left\n", product, done,
               left(view));
}

void plan_print_table(const struct plan_view *view)
{
    print_axes(view->plan);
    print_counts(view);
    list(view, NULL, add_label_line);
}

/* --- csv --- */

static void add_csv_pair(struct text *out, const char *key, const struct value *value, bool first)
{
    (void)key;
    text_add(out, first ? "" : ",");
    store_add_csv_value(out, value);
}

static void add_csv_line(struct listing *listing, const uint32_t *choice)
{
    plan_lines_add(listing->lines, choice, &listing->out);
    text_add_char(&listing->out, ',');
    text_clear(&listing->label);
    labels_add(listing->labels, choice, &listing->label);
    store_add_csv_text(&listing->out, text_get(&listing->label), listing->label.len);
    text_add_char(&listing->out, '\n');
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
    list(view, add_csv_pair, add_csv_line);
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

static void add_json_pair(struct text *out, const char *key, const struct value *value, bool first)
{
    text_add(out, first ? "" : ", ");
    text_add_json_string(out, key, strlen(key));
    text_add(out, ": ");
    value_add_json(out, value);
}

/* A label holds nothing that JSON would escape. */
static void add_json_run(struct listing *listing, const uint32_t *choice)
{
    struct text *out = &listing->out;
    text_add(out, listing->listed == 0 ? "\n{\"label\": \"" : ",\n{\"label\": \"");
    labels_add(listing->labels, choice, out);
    text_add(out, "\", \"config\": {");
    plan_lines_add(listing->lines, choice, out);
    text_add(out, "}}");
}

static void print_json_counts(const struct plan_view *view)
{
    unsigned long long product = plan_product(view->plan), done = view->done;
    if (plan_is_exact(view->plan))
        printf("\"permutations\": %llu, \"excluded\": %llu, \"done\": %llu, \"left\": %llu, ", product,
               excluded(view), done, left(view));
    else
        printf("\"permutations\": %llu, \"excluded\": null, \"done\": %llu, \"left\": null, "
               "\"left_at_most\": %llu, ",
               product, done, left(view));
}

void plan_print_json(const struct plan_view *view)
{
    print_json_axes(view->plan);
    print_json_counts(view);
    printf("\"runs\": [");
    list(view, add_json_pair, add_json_run);
    puts("]}");
}
