#include "plan_fixture.h"

enum { axis_count = 4, most_values = 5 };

/* One of: "axis_0": [0, 2], "axis_0": 2, nothing. */
static void add_axis(struct text *config, uint64_t *seed, size_t axis)
{
    uint64_t form = random_below(seed, 8);
    if (form == 0)
        return;
    const char *name = axis == 0   ? "learning_rate"
                       : axis == 1 ? "seed"
                                   : NULL; /* with a default, or without */
    if (name)
        text_addf(config, "\"%s\": ", name);
    else
        text_addf(config, "\"axis_%zu\": ", axis);
    if (form == 1) {
        text_addf(config, "%llu, ", (unsigned long long)random_below(seed, most_values));
        return;
    }
    text_add(config, "[");
    uint64_t set = 1 + random_below(seed, (1 << most_values) - 1);
    const char *comma = "";
    for (unsigned value = 0; value < most_values; value++)
        if (set >> value & 1) {
            text_addf(config, "%s%u%s", comma, value, random_below(seed, 2) ? ".0" : "");
            comma = ", ";
        }
    /* 0.001 and 42 are the defaults. */
    text_addf(config, "%s], ", axis == 0 ? ", 0.001" : axis == 1 ? ", 42" : "");
}

static void add_entries(struct text *config, uint64_t *seed)
{
    static const char *const names[] = {"learning_rate", "seed", "axis_2", "axis_3", "verbose"};
    uint64_t entries = random_below(seed, 5);
    text_add(config, "\"meta\": {\"exclude_configs\": [");
    for (uint64_t i = 0; i < entries; i++) {
        uint64_t first = random_below(seed, 5), second = random_below(seed, 5);
        text_addf(config, "%s{\"%s\": %llu", i ? ", " : "", names[first],
                  (unsigned long long)random_below(seed, most_values));
        if (first != second)
            text_addf(config, ", \"%s\": [%llu, %llu]", names[second],
                      (unsigned long long)random_below(seed, most_values),
                      (unsigned long long)random_below(seed, most_values));
        text_add(config, "}");
    }
    text_add(config, "]}}");
}

/* All have one data_name, which else would be the file's. */
static struct fixture make_plan(uint64_t *seed)
{
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{\"data_name\": \"example\", ");
    for (size_t axis = 0; axis < axis_count; axis++)
        add_axis(&config, seed, axis);
    if (random_below(seed, 4) == 0)
        text_addf(&config, "\"verbose\": %llu, ", (unsigned long long)random_below(seed, 3));
    add_entries(&config, seed);
    return fixture_open(config.data);
}

/* Whether `other` has the permutation; by plan_find(), which knows nothing of translations. */
static bool finds(const struct plan *plan, uint64_t rank, const struct plan *other, uint64_t *found)
{
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(plan, rank);
    return plan_find(other, permutation, found);
}

static uint64_t count_shared(const struct plan *plan, const struct plan *other)
{
    uint64_t shared = 0, ignored;
    for (uint64_t rank = 0; rank < plan_count(plan); rank++)
        shared += finds(plan, rank, other, &ignored);
    return shared;
}

static void check_following(struct plan *before, struct plan *now)
{
    struct rank_map *map = rank_map_create(before, now);
    for (uint64_t rank = 0; rank < plan_count(before); rank++) {
        uint64_t expected = 0, got = 0;
        bool stays = finds(before, rank, now, &expected);
        assert_int_equal(rank_map_find(map, rank, &got), stays);
        if (stays)
            assert_int_equal(got, expected);
    }
    rank_map_destroy(map);
}

/* Gives each permutation of `plan` that is not in `other` once. */
static void check_difference(const struct plan *plan, const struct plan *other, uint64_t expected)
{
    uint32_t choice[axis_count + 1];
    uint64_t rank, ignored;
    struct number_set seen = {0};
    struct plan_difference *difference = plan_difference_create(plan, other);
    while (plan_difference_next(difference, choice)) {
        assert_true(plan_rank(plan, choice, &rank));
        assert_true(number_set_add(&seen, rank));
        assert_false(finds(plan, rank, other, &ignored));
    }
    assert_int_equal(seen.count, expected);
    plan_difference_destroy(difference);
    number_set_free(&seen);
}

static void check_skipping(const struct plan *plan, const struct plan *other, uint64_t skip)
{
    uint32_t walked[axis_count + 1] = {0}, skipped[axis_count + 1] = {0};
    struct plan_difference *walk = plan_difference_create(plan, other);
    struct plan_difference *jump = plan_difference_create(plan, other);
    bool left = true;
    for (uint64_t i = 0; i <= skip && left; i++)
        left = plan_difference_next(walk, walked);
    plan_difference_skip(jump, skip);
    assert_int_equal(plan_difference_next(jump, skipped), left);
    if (left)
        assert_memory_equal(walked, skipped, sizeof walked);
    plan_difference_destroy(walk);
    plan_difference_destroy(jump);
}

static void agrees_with_a_walk_over_random_plans(void **state)
{
    (void)state;
    uint64_t seed = random_seed() << 20, compared = 0, mixed = 0;
    for (int i = 0; i < 2000; i++) {
        struct fixture before = make_plan(&seed), now = make_plan(&seed);
        if (before.plan && now.plan) {
            struct plan_change *change = plan_change_create(before.plan, now.plan);
            uint64_t stayed = count_shared(before.plan, now.plan);
            assert_true(plan_change_is_exact(change));
            assert_int_equal(plan_change_stayed(change), stayed);
            assert_int_equal(count_shared(now.plan, before.plan), stayed);
            assert_int_equal(plan_change_gone(change), plan_count(before.plan) - stayed);
            assert_int_equal(plan_change_joined(change), plan_count(now.plan) - stayed);
            check_following(before.plan, now.plan);
            check_difference(now.plan, before.plan, plan_change_joined(change));
            check_difference(before.plan, now.plan, plan_change_gone(change));
            check_skipping(now.plan, before.plan, random_below(&seed, 40));
            compared++;
            mixed += stayed > 0 && plan_change_gone(change) > 0 && plan_change_joined(change) > 0;
            plan_change_destroy(change);
        }
        fixture_close(&before);
        fixture_close(&now);
    }
    print_message("%llu pairs, %llu with all three\n", (unsigned long long)compared,
                  (unsigned long long)mixed);
    assert_true(compared > 500 && mixed > 50);
}

/* Ten axes of ten values, with this value more on the last. */
static struct fixture make_large(int more, const char *entry)
{
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{\"data_name\": \"example\", ");
    for (int axis = 0; axis < 9; axis++)
        text_addf(&config, "\"a%d\": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ", axis);
    text_addf(&config, "\"a9\": [0, 1, 2, 3, 4, 5, 6, 7, 8, %d], \"meta\": {\"exclude_configs\": [%s]}}",
              more, entry);
    return fixture_open(config.data);
}

static void walks_neither_set(void **state)
{
    (void)state;
    const uint64_t billion = 1000000000;
    struct fixture before = make_large(9, "{\"a0\": 1, \"a9\": 2}"),
                   now = make_large(10, "{\"a0\": 3, \"a1\": 4}");
    struct plan_change *change = plan_change_create(before.plan, now.plan);
    uint32_t choice[10];

    /* Of 9 · 10^9 with the common values, before excludes 10^8 and now 9 · 10^7, none of them twice. */
    assert_int_equal(plan_change_stayed(change), 9 * billion - billion / 10 - 9 * billion / 100);
    assert_int_equal(plan_change_gone(change), 10 * billion - billion / 10 - plan_change_stayed(change));
    assert_int_equal(plan_change_joined(change), 10 * billion - billion / 10 - plan_change_stayed(change));

    struct plan_difference *joined = plan_difference_create(now.plan, before.plan);
    plan_difference_skip(joined, plan_change_joined(change) - 1);
    assert_true(plan_difference_next(joined, choice));
    assert_false(plan_difference_next(joined, choice));
    plan_difference_destroy(joined);
    plan_change_destroy(change);
    fixture_close(&before);
    fixture_close(&now);
}

static void keeps_nothing_when_a_key_of_one_value_differs(void **state)
{
    (void)state;
    struct fixture before = fixture_open("{\"data_name\": \"x\", \"a\": [1, 2], \"b\": 1}");
    struct fixture now = fixture_open("{\"data_name\": \"x\", \"a\": [1, 2], \"b\": 2}");
    struct plan_change *change = plan_change_create(before.plan, now.plan);
    assert_int_equal(plan_change_stayed(change), 0);
    assert_int_equal(plan_change_joined(change), 2);
    check_following(before.plan, now.plan);
    check_difference(now.plan, before.plan, 2);
    plan_change_destroy(change);
    fixture_close(&before);
    fixture_close(&now);
}

/* A program may have another default than the spec. */
static void knows_no_default_of_a_program(void **state)
{
    (void)state;
    struct fixture before = fixture_open("{\"a\": [1, 2]}");
    struct fixture now = fixture_open("{\"a\": [1, 2], \"learning_rate\": 1e-3}");
    struct plan_change *change = plan_change_create(before.plan, now.plan);
    assert_int_equal(plan_change_stayed(change), 0);
    plan_change_destroy(change);
    fixture_close(&before);
    fixture_close(&now);
}

static void looks_at_no_setting_and_no_default_of_a_fork(void **state)
{
    (void)state;
#define NEEDED "\"data_name\": \"x\", \"data_dir\": \"y\", \"batch_size\": 1, \"epochs\": 1, "
    struct fixture before = fixture_open_for("{" NEEDED "\"a\": [1, 2]}", CONFIG_FOR_FORK);
    struct fixture now =
        fixture_open_for("{" NEEDED "\"a\": [2, 1.0], \"log_dir\": \"other\", \"learning_rate\": 1e-3,"
                         " \"meta\": {\"retries\": 3, \"order\": \"config\"}}",
                         CONFIG_FOR_FORK);
    struct plan_change *change = plan_change_create(before.plan, now.plan);
    struct rank_map *map = rank_map_create(before.plan, now.plan);
    uint64_t rank;
    assert_int_equal(plan_change_stayed(change), 2);
    assert_true(rank_map_find(map, 0, &rank));
    assert_int_equal(rank, 1);
    rank_map_destroy(map);
    plan_change_destroy(change);
    fixture_close(&before);
    fixture_close(&now);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_walk_over_random_plans),
        cmocka_unit_test(walks_neither_set),
        cmocka_unit_test(keeps_nothing_when_a_key_of_one_value_differs),
        cmocka_unit_test(knows_no_default_of_a_program),
        cmocka_unit_test(looks_at_no_setting_and_no_default_of_a_fork),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
