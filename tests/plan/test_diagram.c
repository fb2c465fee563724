#include "plan_fixture.h"

#include "plan/diagram.h"

enum { most_axes = 5, most_values = 6, most_entries = 8 };

/* A config and what it excludes, as bits: values[entry][axis], all set where the entry does not name the
 * axis. */
struct sample {
    size_t axis_count, sizes[most_axes], entry_count;
    unsigned values[most_entries][most_axes];
    struct text config;
};

static void add_entry(struct sample *sample, uint64_t *seed, size_t entry)
{
    size_t keys = 1 + random_below(seed, 3);
    text_addf(&sample->config, "%s{\"constant\": 7", entry ? ", " : "");
    for (size_t axis = 0; axis < sample->axis_count; axis++)
        sample->values[entry][axis] = UINT32_MAX;
    for (size_t i = 0; i < keys; i++) {
        size_t axis = random_below(seed, sample->axis_count);
        if (sample->values[entry][axis] != UINT32_MAX)
            continue;
        unsigned value = (unsigned)random_below(seed, sample->sizes[axis]);
        unsigned other = (unsigned)random_below(seed, sample->sizes[axis]);
        bool several = random_below(seed, 4) == 0;
        sample->values[entry][axis] = 1U << value | (several ? 1U << other : 0);
        if (several)
            text_addf(&sample->config, ", \"axis_%zu\": [%u, %u]", axis, value, other);
        else
            text_addf(&sample->config, ", \"axis_%zu\": %u", axis, value);
    }
    text_add(&sample->config, "}");
}

static struct sample make_sample(uint64_t seed, const char *order)
{
    struct sample sample = {.axis_count = 1 + random_below(&seed, most_axes),
                            .entry_count = random_below(&seed, most_entries + 1)};
    text_add(&sample.config, "{\"constant\": 7, ");
    for (size_t axis = 0; axis < sample.axis_count; axis++) {
        sample.sizes[axis] = 1 + random_below(&seed, most_values);
        text_addf(&sample.config, "\"axis_%zu\": [", axis);
        for (size_t i = 0; i < sample.sizes[axis]; i++)
            text_addf(&sample.config, "%s%zu", i ? ", " : "", i);
        text_add(&sample.config, "], ");
    }
    text_addf(&sample.config, "\"meta\": {\"order\": \"%s\", \"exclude_configs\": [", order);
    for (size_t i = 0; i < sample.entry_count; i++)
        add_entry(&sample, &seed, i);
    text_add(&sample.config, "]}}");
    return sample;
}

static bool sample_keeps(const struct sample *sample, const uint32_t *choice)
{
    for (size_t entry = 0; entry < sample->entry_count; entry++) {
        bool matched = true;
        for (size_t axis = 0; axis < sample->axis_count; axis++)
            matched = matched && sample->values[entry][axis] >> choice[axis] & 1;
        if (matched)
            return false;
    }
    return true;
}

/* The next choice with the last axis fastest; false after the last. */
static bool count_up(const struct sample *sample, uint32_t *choice)
{
    for (size_t axis = sample->axis_count; axis-- > 0;) {
        if (++choice[axis] < sample->sizes[axis])
            return true;
        choice[axis] = 0;
    }
    return false;
}

/* Every choice: kept exactly when no entry matches, and with a rank that leads back to it. */
static uint64_t check_choices(const struct sample *sample, const struct plan *plan, bool config_order)
{
    uint32_t choice[most_axes] = {0}, back[most_axes];
    struct number_set seen = {0};
    uint64_t kept = 0, rank;
    do {
        bool keeps = sample_keeps(sample, choice);
        if (!plan) {
            assert_false(keeps);
            continue;
        }
        assert_int_equal(plan_rank(plan, choice, &rank), keeps);
        if (!keeps)
            continue;
        assert_true(rank < plan_count(plan));
        assert_true(number_set_add(&seen, rank));
        plan_unrank(plan, rank, back);
        assert_memory_equal(choice, back, sample->axis_count * sizeof *choice);
        if (config_order)
            assert_int_equal(rank, kept);
        kept++;
    } while (count_up(sample, choice));
    number_set_free(&seen);
    return kept;
}

static void check_against_enumeration(const char *order)
{
    uint64_t first = random_seed() * 1000;
    for (uint64_t seed = first; seed < first + 1000; seed++) {
        struct sample sample = make_sample(seed << 20, order);
        struct fixture fixture = fixture_open(sample.config.data);
        uint64_t kept = check_choices(&sample, fixture.plan, strcmp(order, "config") == 0);
        if (fixture.plan) {
            assert_int_equal(kept, plan_count(fixture.plan));
            assert_true(plan_is_exact(fixture.plan));
        } else {
            assert_true(fixture_said(&fixture, "excludes every permutation"));
        }
        fixture_close(&fixture);
        text_free(&sample.config);
    }
}

static void agrees_with_an_enumeration_of_random_plans(void **state)
{
    (void)state;
    check_against_enumeration("spread");
}

static void counts_with_the_last_axis_fastest_in_config_order(void **state)
{
    (void)state;
    check_against_enumeration("config");
}

/* A diagram by itself, and what it is made of. */
struct built {
    struct axes axes;
    struct exclusions exclusions;
    struct diagram *diagram;
};

static struct built build_diagram(const struct fixture *fixture, size_t limit)
{
    struct built built;
    struct faults *faults = faults_create("config.json");
    plan_axes_read(&built.axes, fixture->config, faults);
    plan_exclusions_read(&built.exclusions, fixture->config, &built.axes, faults);
    built.diagram = plan_diagram_create(&built.axes, &built.exclusions, false, limit);
    faults_destroy(faults);
    return built;
}

static void free_built(struct built *built)
{
    plan_diagram_destroy(built->diagram);
    plan_exclusions_free(&built->exclusions);
    plan_axes_free(&built->axes);
}

/* Every choice has a rank of its own, that leads back to it, exactly when the sample keeps it. */
static void check_diagram(const struct sample *sample, const struct diagram *diagram)
{
    uint32_t choice[most_axes] = {0}, back[most_axes];
    struct number_set seen = {0};
    uint64_t rank;
    do {
        bool keeps = sample_keeps(sample, choice);
        assert_int_equal(plan_diagram_rank(diagram, choice, &rank), keeps);
        if (!keeps)
            continue;
        assert_true(rank < plan_diagram_count(diagram));
        assert_true(number_set_add(&seen, rank));
        plan_diagram_unrank(diagram, rank, back);
        assert_memory_equal(choice, back, sample->axis_count * sizeof *choice);
    } while (count_up(sample, choice));
    assert_int_equal(seen.count, plan_diagram_count(diagram));
    number_set_free(&seen);
}

static void agrees_with_an_enumeration_where_tails_stand_for_nodes(void **state)
{
    (void)state;
    size_t with_tails = 0, with_both = 0;
    uint64_t first = random_seed() * 1000;
    for (uint64_t seed = first; seed < first + 3000; seed++) {
        struct sample sample = make_sample(seed << 20, "spread");
        struct fixture fixture = fixture_open(sample.config.data);
        struct built built = build_diagram(&fixture, 600 + 64 * (seed % 16));
        if (built.diagram) {
            check_diagram(&sample, built.diagram);
            with_tails += plan_diagram_tail_count(built.diagram) > 0;
            with_both += plan_diagram_tail_count(built.diagram) > 1;
        }
        free_built(&built);
        fixture_close(&fixture);
        text_free(&sample.config);
    }
    print_message("%zu with tails, %zu with nodes above them\n", with_tails, with_both);
    assert_true(with_tails > 100 && with_both > 30);
}

/* Nine axes a0 … a8 of ten values. */
static void add_ten_to_the_ninth(struct text *config)
{
    text_add(config, "{");
    for (int axis = 0; axis < 9; axis++)
        text_addf(config, "\"a%d\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ", axis);
}

static void needs_few_nodes_for_a_billion_permutations(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text config = {0};
    add_ten_to_the_ninth(&config);
    text_add(&config, "\"meta\": {\"exclude_configs\": [");
    for (int entry = 0; entry < 10; entry++)
        text_addf(&config, "%s{\"a%d\": %d, \"a%d\": [%d, %d]}", entry ? ", " : "", entry % 9, entry,
                  (entry + 4) % 9, entry, (entry + 5) % 10);
    text_add(&config, "]}}");

    struct fixture fixture = fixture_open(config.data);
    struct built built = build_diagram(&fixture, 1 << 20);
    assert_non_null(built.diagram);
    assert_true(plan_diagram_node_count(built.diagram) < 200);
    assert_int_equal(plan_diagram_tail_count(built.diagram), 0);
    assert_int_equal(plan_diagram_count(built.diagram), plan_count(fixture.plan));

    uint64_t seed = random_seed(), rank;
    uint32_t choice[9];
    for (int i = 0; i < 1000; i++) {
        uint64_t given = random_below(&seed, plan_count(fixture.plan));
        plan_unrank(fixture.plan, given, choice);
        assert_true(plan_rank(fixture.plan, choice, &rank));
        assert_int_equal(rank, given);
    }
    free_built(&built);
    fixture_close(&fixture);
}

static void needs_no_node_for_what_no_entry_names(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text config = {0};
    add_ten_to_the_ninth(&config);
    text_add(&config, "\"meta\": {\"exclude_configs\": [{\"a7\": 3}, {\"a3\": 4, \"a5\": 6}]}}");
    struct fixture fixture = fixture_open(config.data);
    struct built built = build_diagram(&fixture, 1 << 20);
    assert_int_equal(plan_diagram_node_count(built.diagram), 3);
    assert_int_equal(plan_diagram_count(built.diagram), 1000000 * (9 * (100 - 1)));
    free_built(&built);
    fixture_close(&fixture);
}

static bool matches_any(const struct plan *plan, const uint32_t *choice);

static void counts_exactly_with_hundreds_of_random_entries(void **state)
{
    (void)state;
    uint64_t seed = random_seed();
    CLEANUP(text_free) struct text config = {0};
    add_ten_to_the_ninth(&config);
    text_add(&config, "\"meta\": {\"exclude_configs\": [");
    for (int entry = 0; entry < 200; entry++) {
        int key[3];
        for (int i = 0; i < 3; i++)
            key[i] = 3 * i + (int)random_below(&seed, 3);
        text_addf(&config, "%s{\"a%d\": %d, \"a%d\": %d, \"a%d\": %d}", entry ? ", " : "", key[0],
                  (int)random_below(&seed, 10), key[1], (int)random_below(&seed, 10), key[2],
                  (int)random_below(&seed, 10));
    }
    text_add(&config, "]}}");
    struct fixture fixture = fixture_open(config.data);
    assert_true(plan_is_exact(fixture.plan));

    uint64_t kept = 0, back;
    const uint64_t samples = 20000;
    for (uint64_t i = 0; i < samples; i++) {
        uint32_t choice[9];
        for (int axis = 0; axis < 9; axis++)
            choice[axis] = (uint32_t)random_below(&seed, 10);
        bool excluded = matches_any(fixture.plan, choice);
        assert_int_equal(plan_rank(fixture.plan, choice, &back), !excluded);
        kept += !excluded;

        uint64_t rank = random_below(&seed, plan_count(fixture.plan));
        plan_unrank(fixture.plan, rank, choice);
        assert_false(matches_any(fixture.plan, choice));
        assert_true(plan_rank(fixture.plan, choice, &back));
        assert_int_equal(back, rank);
    }
    /* Five standard deviations of a share estimated from the samples are below 0.018. */
    double share = (double)plan_count(fixture.plan) / 1e9, estimate = (double)kept / (double)samples;
    print_message("%.4f kept, %.4f of the samples\n", share, estimate);
    assert_true(share - estimate < 0.018 && estimate - share < 0.018);
    fixture_close(&fixture);
}

/* 40 axes of two values and 100 random entries of three keys: 3-SAT, in effect. */
static void add_entangled(struct text *config, uint64_t *seed)
{
    text_add(config, "{");
    for (int axis = 0; axis < 40; axis++)
        text_addf(config, "\"a%d\": [0, 1], ", axis);
    text_add(config, "\"meta\": {\"exclude_configs\": [");
    for (int entry = 0; entry < 100; entry++) {
        int key[3];
        for (int i = 0; i < 3; i++)
            key[i] = 13 * i + (int)random_below(seed, 13);
        text_addf(config, "%s{\"a%d\": 1, \"a%d\": 0, \"a%d\": 1}", entry ? ", " : "", key[0], key[1],
                  key[2]);
    }
    text_add(config, "]}}");
}

static void gives_up_at_the_limit(void **state)
{
    (void)state;
    uint64_t seed = 1;
    CLEANUP(text_free) struct text config = {0};
    add_entangled(&config, &seed);
    struct fixture fixture = fixture_open(config.data);
    struct built built = build_diagram(&fixture, 1 << 20);
    assert_null(built.diagram);
    free_built(&built);
    fixture_close(&fixture);
}

static bool value_is(const struct value *entry, const char *key, uint32_t choice)
{
    int64_t number;
    assert_true(value_int(value_get(entry, key), &number));
    return number == choice;
}

static bool entry_matches(const struct plan *plan, const struct value *entry, const uint32_t *choice)
{
    for (size_t axis = 0; axis < plan_axis_count(plan); axis++) {
        const char *key = plan_axis(plan, axis)->key;
        if (value_get(entry, key) && !value_is(entry, key, choice[axis]))
            return false;
    }
    return true;
}

static bool matches_any(const struct plan *plan, const uint32_t *choice)
{
    const struct value *entries = config_meta(plan_config(plan))->exclude;
    for (size_t i = 0; i < value_count(entries); i++)
        if (entry_matches(plan, value_item(entries, i), choice))
            return true;
    return false;
}

static void orders_the_product_when_the_entries_are_too_entangled(void **state)
{
    (void)state;
    uint64_t seed = 1;
    CLEANUP(text_free) struct text config = {0};
    add_entangled(&config, &seed);
    struct fixture fixture = fixture_open(config.data);
    assert_non_null(fixture.plan);
    assert_false(plan_is_exact(fixture.plan));
    assert_true(fixture_said(&fixture, "at most"));
    assert_int_equal(plan_count(fixture.plan), UINT64_C(1) << 40);

    uint64_t kept = 0, back;
    for (int i = 0; i < 1000; i++) {
        uint64_t rank = random_below(&seed, plan_count(fixture.plan));
        uint32_t choice[40];
        plan_unrank(fixture.plan, rank, choice);
        bool keeps = !matches_any(fixture.plan, choice);
        assert_int_equal(plan_keeps(fixture.plan, rank), keeps);
        assert_int_equal(plan_rank(fixture.plan, choice, &back), keeps);
        assert_true(!keeps || back == rank);
        kept += keeps;
    }
    print_message("%llu of 1000 kept\n", (unsigned long long)kept);

    struct order *order = order_create(fixture.plan);
    struct number_set taken = {0};
    for (int i = 0; i < 20; i++) {
        assert_true(order_next(order, &taken, &back));
        assert_true(plan_keeps(fixture.plan, back));
    }
    order_destroy(order);
    fixture_close(&fixture);
}

/* The same axes and entries with config order, and all excluded that begins with ten first values. */
static void passes_what_is_excluded_at_once_in_config_order(void **state)
{
    (void)state;
    uint64_t seed = 1, rank, last = 0;
    CLEANUP(text_free) struct text config = {0};
    add_entangled(&config, &seed);
    config.len -= strlen("]}}");
    text_add(&config, ", {");
    for (int axis = 0; axis < 10; axis++)
        text_addf(&config, "%s\"a%d\": 0", axis ? ", " : "", axis);
    text_add(&config, "}], \"order\": \"config\"}}");
    struct fixture fixture = fixture_open(config.data);
    assert_false(plan_is_exact(fixture.plan));
    struct order *order = order_create(fixture.plan);
    struct number_set taken = {0};
    for (int i = 0; i < 50; i++) {
        assert_true(order_next(order, &taken, &rank));
        assert_true(rank >= UINT64_C(1) << 30);
        assert_true(plan_keeps(fixture.plan, rank));
        for (uint64_t between = last ? last + 1 : rank; between < rank; between++)
            assert_false(plan_keeps(fixture.plan, between));
        last = rank;
    }
    order_destroy(order);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_an_enumeration_of_random_plans),
        cmocka_unit_test(counts_with_the_last_axis_fastest_in_config_order),
        cmocka_unit_test(agrees_with_an_enumeration_where_tails_stand_for_nodes),
        cmocka_unit_test(needs_few_nodes_for_a_billion_permutations),
        cmocka_unit_test(counts_exactly_with_hundreds_of_random_entries),
        cmocka_unit_test(needs_no_node_for_what_no_entry_names),
        cmocka_unit_test(gives_up_at_the_limit),
        cmocka_unit_test(orders_the_product_when_the_entries_are_too_entangled),
        cmocka_unit_test(passes_what_is_excluded_at_once_in_config_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
