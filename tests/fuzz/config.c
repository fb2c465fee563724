/* The bytes of a config: what is read can be written and read again, and the plan made of it finds its own
 * permutations. */
#include "fuzz.h"

static struct value *parse(const struct text *text)
{
    struct error err = {0};
    struct value *value = config_parse("written", text_get(text), text->len, &err);
    if (!value)
        fprintf(stderr, "%s\n%s\n", err.text, text_get(text));
    REQUIRE(value);
    return value;
}

static void read_what_is_written(const struct value *value,
                                 void (*write)(struct text *, const struct value *))
{
    enum { most = 1 << 16 }; /* aliases make a million values of some lines, which takes seconds */
    CLEANUP(text_free) struct text first = {0}, second = {0};
    write(&first, value);
    if (first.len > most)
        return;
    REQUIRE(utf8_find_bad(text_get(&first), first.len) == first.len);
    CLEANUP(value_cleanup) struct value *again = parse(&first);
    REQUIRE(value_equal(value, again) && value_equal(again, value));
    REQUIRE(value_hash(value) == value_hash(again));
    write(&second, again);
    REQUIRE(strcmp(text_get(&first), text_get(&second)) == 0);
}

static void check_value(const char *text, size_t len)
{
    struct error err = {0};
    CLEANUP(value_cleanup) struct value *value = config_parse("given", text, len, &err);
    REQUIRE(value ? err.kind == ERROR_NONE : err.kind == ERROR_CONFIG);
    if (!value)
        return;
    read_what_is_written(value, value_add_json);
    read_what_is_written(value, value_add_json_lines);
}

static void check_rank(const struct plan *plan, uint64_t rank)
{
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(plan), sizeof *choice);
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(plan, rank);
    bool kept = plan_keeps(plan, rank);
    uint64_t found;

    plan_unrank(plan, rank, choice);
    for (size_t i = 0; i < plan_axis_count(plan); i++) {
        const struct axis *axis = plan_axis(plan, i);
        REQUIRE(choice[i] < axis->count);
        REQUIRE(plan_find_value(plan, i, axis->values[choice[i]]) == choice[i]);
    }
    REQUIRE(kept || !plan_is_exact(plan));
    REQUIRE(plan_rank(plan, choice, &found) == kept && (!kept || found == rank));
    REQUIRE(plan_find(plan, permutation, &found) == kept && (!kept || found == rank));
}

/* Some ranks, the first and the last among them. */
static void check_ranks(const struct plan *plan)
{
    enum { most = 9 };
    uint64_t count = plan_count(plan), step = count > most ? count / (most - 1) : 1;
    REQUIRE(count > 0 && count <= plan_product(plan));
    for (uint64_t rank = 0; rank < count; rank += step)
        check_rank(plan, rank);
    check_rank(plan, count - 1);
}

/* A small plan's order gives each kept rank once. */
static void check_order(struct plan *plan)
{
    enum { most = 64 };
    uint64_t rank, given = 0, kept = 0;
    struct number_set none = {0}, seen = {0};
    if (plan_count(plan) > most)
        return;
    for (rank = 0; rank < plan_count(plan); rank++)
        kept += plan_keeps(plan, rank);
    struct order *order = order_create(plan);
    for (; order_next(order, &none, &rank); given++)
        REQUIRE(rank < plan_count(plan) && plan_keeps(plan, rank) && number_set_add(&seen, rank));
    REQUIRE(given == kept);
    order_destroy(order);
    number_set_free(&seen);
}

static void check_plan(const void *bytes, size_t len, enum config_use use)
{
    struct plan *plan = fuzz_read_plan(bytes, len, use);
    if (!plan)
        return;
    check_ranks(plan);
    check_order(plan);
    plan_unref(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    check_value((const char *)bytes, len);
    check_plan(bytes, len, CONFIG_FOR_FORK);
    check_plan(bytes, len, CONFIG_FOR_PROGRAM);
    return 0;
}
