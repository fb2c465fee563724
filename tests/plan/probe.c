/*
 * Tells what the plan makes of config files, for tests that check it against an oracle of their own: reads
 * paths from stdin, a line each, and prints one JSON object a line for each.
 *
 *   {"refused": true, "said": FAULTS}
 *   {"refused": false, "said": FAULTS, "product": N, "count": N, "exact": BOOL,
 *    "ranks": [RANK or null, …]  what plan_rank() says of every choice, the last axis fastest
 *    "found": [RANK or null, …]  what plan_find() says of the same choices as objects
 *    "picks": [{"choice": [VALUE INDEX, …], "rank": RANK or null}, …]
 *    "runs": [{"rank": RANK, "keeps": BOOL, "back": RANK or null, "found": RANK or null, "label": …,
 *              "permutation": {the compared keys}}, …]
 *    "strangers": [KEY, …]       plan_find() finds the first run even with another value of this key
 *    "order": [RANK, …]          order_at() from 0 on
 *    "next": [RANK, …]}          order_search() with each third rank of "order" taken, from the second on,
 * until it takes long
 *
 * A plan whose product is over most_listed has "picks", some choices at random, in place of "found", and over
 * most_ranked no "ranks" either; its runs are the first in run order and as many others, at random.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/plan.h"

enum { most_listed = 4096, most_ranked = 1 << 19, sampled = 200, most_searched = 1 << 16 };

struct probe {
    const struct plan *plan;
    struct order *order;
    bool whole;      /* every rank is shown */
    uint64_t listed; /* ranks of "order" */
    struct text *out;
};

static void add_rank(struct text *out, bool known, uint64_t rank)
{
    if (known)
        text_addf(out, "%" PRIu64, rank);
    else
        text_add(out, "null");
}

/* --- every choice --- */

/* The next choice with the last axis fastest; false after the last. */
static bool count_up(const struct plan *plan, uint32_t *choice)
{
    for (size_t axis = plan_axis_count(plan); axis-- > 0;) {
        if (++choice[axis] < plan_axis(plan, axis)->count)
            return true;
        choice[axis] = 0;
    }
    return false;
}

static const struct value *chosen(const struct plan *plan, const uint32_t *choice, size_t key_index)
{
    for (size_t axis = 0; axis < plan_axis_count(plan); axis++)
        if (plan_axis(plan, axis)->key_index == key_index)
            return plan_axis(plan, axis)->values[choice[axis]];
    return value_item(config_keys(plan_config(plan)), key_index);
}

/* Keys from last to first, so that plan_find() has to look for them. */
static struct value *make_object(const struct plan *plan, const uint32_t *choice)
{
    const struct config *config = plan_config(plan);
    struct value *object = value_new_object();
    for (size_t i = value_count(config_keys(config)); i-- > 0;)
        value_object_set(object, value_key(config_keys(config), i), value_ref(chosen(plan, choice, i)));
    return object;
}

static void add_rank_of(const struct probe *probe, const uint32_t *choice)
{
    uint64_t rank;
    bool known = plan_rank(probe->plan, choice, &rank);
    add_rank(probe->out, known, rank);
}

static void add_found_of(const struct probe *probe, const uint32_t *choice)
{
    CLEANUP(value_cleanup) struct value *object = make_object(probe->plan, choice);
    uint64_t rank;
    bool known = plan_find(probe->plan, object, &rank);
    add_rank(probe->out, known, rank);
}

static void add_every_choice(const struct probe *probe, const char *name,
                             void (*add)(const struct probe *, const uint32_t *choice))
{
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(probe->plan), sizeof *choice);
    const char *comma = "";
    text_addf(probe->out, ", \"%s\": [", name);
    do {
        text_add(probe->out, comma);
        comma = ", ";
        add(probe, choice);
    } while (count_up(probe->plan, choice));
    text_add(probe->out, "]");
}

/* --- some choices --- */

static void add_pick(const struct probe *probe, uint64_t i)
{
    const struct plan *plan = probe->plan;
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    text_addf(probe->out, "%s{\"choice\": [", i ? ", " : "");
    for (size_t axis = 0; axis < plan_axis_count(plan); axis++) {
        choice[axis] = (uint32_t)(hash_number(hash_number(2, i), axis) % plan_axis(plan, axis)->count);
        text_addf(probe->out, "%s%" PRIu32, axis ? ", " : "", choice[axis]);
    }
    text_add(probe->out, "], \"rank\": ");
    add_rank_of(probe, choice);
    text_add(probe->out, "}");
}

static void add_picks(const struct probe *probe)
{
    text_add(probe->out, ", \"picks\": [");
    for (uint64_t i = 0; i < 2 * sampled; i++)
        add_pick(probe, i);
    text_add(probe->out, "]");
}

/* --- every run, or some --- */

static void add_permutation(struct text *out, const struct value *permutation)
{
    CLEANUP(value_cleanup) struct value *compared = value_new_object();
    for (size_t i = 0; i < value_count(permutation); i++)
        if (plan_compares_key(value_key(permutation, i)))
            value_object_set(compared, value_key(permutation, i), value_ref(value_item(permutation, i)));
    value_add_json(out, compared);
}

static void add_back(const struct probe *probe, uint64_t rank)
{
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(probe->plan), sizeof *choice);
    uint64_t back;
    plan_unrank(probe->plan, rank, choice);
    bool known = plan_rank(probe->plan, choice, &back);
    add_rank(probe->out, known, back);
}

static void add_run(const struct probe *probe, uint64_t rank)
{
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(probe->plan, rank);
    CLEANUP(text_free) struct text label = {0};
    uint64_t found_rank;
    bool found = plan_find(probe->plan, permutation, &found_rank);

    text_addf(probe->out, "{\"rank\": %" PRIu64 ", \"keeps\": %s, \"back\": ", rank,
              plan_keeps(probe->plan, rank) ? "true" : "false");
    add_back(probe, rank);
    text_add(probe->out, ", \"found\": ");
    add_rank(probe->out, found, found_rank);
    text_add(probe->out, ", \"label\": ");
    plan_add_label(probe->plan, permutation, &label);
    text_add_json_string(probe->out, text_get(&label), label.len);
    text_add(probe->out, ", \"permutation\": ");
    add_permutation(probe->out, permutation);
    text_add(probe->out, "}");
}

static void add_runs(const struct probe *probe)
{
    uint64_t count = plan_count(probe->plan), shown = probe->whole ? count : 2 * sampled;
    text_add(probe->out, ", \"runs\": [");
    for (uint64_t i = 0; i < shown; i++) {
        text_add(probe->out, i ? ", " : "");
        if (probe->whole)
            add_run(probe, i);
        else
            add_run(probe, i < sampled ? order_at(probe->order, i) : hash_number(1, i) % count);
    }
    text_add(probe->out, "]");
}

static bool finds_stranger(const struct probe *probe, const struct value *permutation, const char *key)
{
    static const char text[] = "a value that nobody gave";
    CLEANUP(value_cleanup) struct value *stranger = value_new_object();
    for (size_t i = 0; i < value_count(permutation); i++)
        value_object_set(stranger, value_key(permutation, i), value_ref(value_item(permutation, i)));
    value_object_set(stranger, key, value_new_string(text, strlen(text)));
    uint64_t rank;
    return plan_find(probe->plan, stranger, &rank);
}

static void add_strangers(const struct probe *probe)
{
    CLEANUP(value_cleanup)
    struct value *permutation = plan_permutation(probe->plan, order_at(probe->order, 0));
    const char *comma = "";
    text_add(probe->out, ", \"strangers\": [");
    for (size_t i = 0; i < value_count(permutation); i++) {
        const char *key = value_key(permutation, i);
        if (!plan_compares_key(key) || !finds_stranger(probe, permutation, key))
            continue;
        text_add(probe->out, comma);
        text_add_json_string(probe->out, key, strlen(key));
        comma = ", ";
    }
    text_add(probe->out, "]");
}

/* --- the run order --- */

static void add_order(const struct probe *probe, struct number_set *taken)
{
    text_add(probe->out, ", \"order\": [");
    for (uint64_t i = 0; i < probe->listed; i++) {
        uint64_t rank = order_at(probe->order, i);
        text_addf(probe->out, "%s%" PRIu64, i ? ", " : "", rank);
        if (i % 3 == 1)
            number_set_add(taken, rank);
    }
    text_add(probe->out, "]");
}

static bool is_in_set(const void *set, uint64_t rank)
{
    return number_set_has(set, rank);
}

static void add_next(const struct probe *probe, const struct number_set *taken)
{
    uint64_t rank;
    text_add(probe->out, ", \"next\": [");
    for (uint64_t i = 0; i < probe->listed; i++) {
        if (order_search(probe->order, is_in_set, taken, most_searched, &rank) != ORDER_FOUND)
            break;
        text_addf(probe->out, "%s%" PRIu64, i ? ", " : "", rank);
    }
    text_add(probe->out, "]");
}

static void add_plan(struct text *out, struct plan *plan)
{
    struct probe probe = {plan, order_create(plan), plan_product(plan) <= most_listed, sampled, out};
    struct number_set taken = {0};
    if (probe.whole)
        probe.listed = plan_count(plan);
    text_addf(out, ", \"product\": %" PRIu64 ", \"count\": %" PRIu64 ", \"exact\": %s", plan_product(plan),
              plan_count(plan), plan_is_exact(plan) ? "true" : "false");
    if (plan_product(plan) <= most_ranked)
        add_every_choice(&probe, "ranks", add_rank_of);
    if (probe.whole)
        add_every_choice(&probe, "found", add_found_of);
    else
        add_picks(&probe);
    add_runs(&probe);
    add_strangers(&probe);
    add_order(&probe, &taken);
    add_next(&probe, &taken);
    number_set_free(&taken);
    order_destroy(probe.order);
}

static void print_file(const char *path)
{
    CLEANUP(text_free) struct text said = {0}, out = {0};
    struct faults *faults = faults_create(path);
    struct plan *plan = plan_read(path, CONFIG_FOR_PROGRAM, NULL, faults);
    faults_add_text(faults, &said);
    text_addf(&out, "{\"refused\": %s, \"said\": ", plan ? "false" : "true");
    text_add_json_string(&out, text_get(&said), said.len);
    if (plan)
        add_plan(&out, plan);
    text_add(&out, "}");
    puts(text_get(&out));
    plan_unref(plan);
    faults_destroy(faults);
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    for (ssize_t len; (len = getline(&line, &capacity, stdin)) > 0;) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        print_file(line);
    }
    free(line);
    return EXIT_SUCCESS;
}
