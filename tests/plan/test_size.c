#include "plan_fixture.h"

/* `count` axes a0, a1 … of the values 0 … size - 1. */
static struct fixture open_axes(int count, int size, const char *rest)
{
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{");
    for (int axis = 0; axis < count; axis++) {
        text_addf(&config, "'a%d': [0", axis);
        for (int i = 1; i < size; i++)
            text_addf(&config, ", %d", i);
        text_add(&config, "], ");
    }
    text_addf(&config, "%s}", rest);
    return fixture_open(config.data);
}

static void counts_ten_to_the_eighteenth_exactly(void **state)
{
    (void)state;
    struct fixture fixture =
        open_axes(18, 10, "'meta': {'exclude_configs': [{'a0': 9, 'a17': 9}, {'a3': [1, 2], 'a9': 5}]}");
    const uint64_t product = UINT64_C(1000000000000000000), kept = product / 10000 * 99 * 98;
    assert_int_equal(plan_product(fixture.plan), product);
    assert_int_equal(plan_count(fixture.plan), kept);
    assert_true(plan_is_exact(fixture.plan));

    const uint64_t ranks[] = {0, 1, 999999999, kept / 3, kept / 2, kept - 2, kept - 1};
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        uint32_t choice[18];
        uint64_t rank;
        plan_unrank(fixture.plan, ranks[i], choice);
        assert_true(plan_rank(fixture.plan, choice, &rank));
        assert_int_equal(rank, ranks[i]);
    }
    fixture_close(&fixture);
}

static void takes_two_to_the_62nd_and_refuses_more(void **state)
{
    (void)state;
    struct fixture most = open_axes(62, 2, "'one': [1]");
    assert_non_null(most.plan);
    assert_int_equal(plan_count(most.plan), UINT64_C(1) << 62);
    fixture_close(&most);

    static const struct {
        int count, size;
        const char *named;
    } cases[] = {
        {63, 2, "a62 (2)"}, {64, 2, "a63 (2)"}, {19, 10, "a0 (10), a1 (10)"}, {40, 1000, "a39 (1000)"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture more = open_axes(cases[i].count, cases[i].size, "'one': [1]");
        assert_null(more.plan);
        assert_int_equal(faults_count(more.faults, FAULT_ERROR), 1);
        assert_true(fixture_said(&more, "more than 2^62 permutations"));
        assert_true(fixture_said(&more, cases[i].named));
        assert_null(strstr(text_get(&more.said), "one (1)"));
        fixture_close(&more);
    }
}

static void counts_duplicate_values_once_and_warns(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{'a': [0.001, 1e-3, 1, '1', true, 1.0], 'b': [[1, 2], [1.0, 2]]}");
    assert_int_equal(plan_count(fixture.plan), 4);
    assert_int_equal(plan_axis(fixture.plan, 0)->count, 4);
    assert_int_equal(plan_axis(fixture.plan, 1)->count, 1);
    assert_false(plan_axis(fixture.plan, 1)->in_label);
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 3);
    assert_true(fixture_said(&fixture, "config.json:1:15: warning: axis 'a' has the value 1e-3 twice"));
    fixture_close(&fixture);
}

static void finds_each_value_of_a_long_axis(void **state)
{
    (void)state;
    enum { size = 100000 };
    struct fixture fixture = open_axes(2, size, "'meta': {'exclude_configs': [{'a0': 7, 'a1': 9}]}");
    assert_int_equal(plan_count(fixture.plan), UINT64_C(10000000000) - 1);
    for (int i = 0; i < size; i++) {
        CLEANUP(value_cleanup) struct value *value = value_new_int(i);
        assert_int_equal(plan_find_value(fixture.plan, 1, value), i);
    }
    CLEANUP(value_cleanup) struct value *none = value_new_int(size);
    assert_int_equal(plan_find_value(fixture.plan, 1, none), -1);
    fixture_close(&fixture);
}

static void has_one_permutation_without_axes(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{'epochs': 5}");
    struct order *order = order_create(fixture.plan);
    struct number_set taken = {0};
    uint64_t rank;
    assert_int_equal(plan_axis_count(fixture.plan), 0);
    assert_true(order_next(order, &taken, &rank));
    assert_int_equal(rank, 0);
    assert_false(order_next(order, &taken, &rank));
    order_destroy(order);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_ten_to_the_eighteenth_exactly),
        cmocka_unit_test(takes_two_to_the_62nd_and_refuses_more),
        cmocka_unit_test(counts_duplicate_values_once_and_warns),
        cmocka_unit_test(finds_each_value_of_a_long_axis),
        cmocka_unit_test(has_one_permutation_without_axes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
