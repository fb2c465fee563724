#include "plan_fixture.h"

static const char *const orders[] = {"spread", "shuffle", "config"};
enum { order_count = sizeof orders / sizeof *orders };

/* One axis of `count` values and one of three, less one permutation. */
static struct fixture open_grid(const char *order, size_t count, int seed)
{
    CLEANUP(text_free) struct text config = {0};
    text_addf(&config, "{'seed': %d, 'a': [0", seed);
    for (size_t i = 1; i < count; i++)
        text_addf(&config, ", %zu", i);
    text_addf(&config, "], 'b': [1, 2, 3], 'meta': {'order': '%s', 'exclude_configs': [{'a': 0, 'b': 2}]}}",
              order);
    return fixture_open(config.data);
}

static void gives_each_rank_once(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < order_count; kind++)
        for (size_t count = 1; count <= 100; count++) {
            struct fixture fixture = open_grid(orders[kind], count, 42);
            struct order *order = order_create(fixture.plan);
            struct number_set seen = {0}, none = {0};
            uint64_t rank, given = 0;
            while (order_next(order, &none, &rank)) {
                assert_true(rank < plan_count(fixture.plan));
                assert_true(number_set_add(&seen, rank));
                assert_int_equal(order_at(order, given++), rank);
            }
            assert_int_equal(given, plan_count(fixture.plan));
            assert_int_equal(given, 3 * count - 1);
            number_set_free(&seen);
            order_destroy(order);
            fixture_close(&fixture);
        }
}

static void leaves_out_what_is_taken(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < order_count; kind++) {
        struct fixture fixture = open_grid(orders[kind], 20, 42);
        struct order *order = order_create(fixture.plan);
        struct number_set taken = {0};
        for (uint64_t rank = 0; rank < plan_count(fixture.plan); rank += 2)
            number_set_add(&taken, rank);
        uint64_t rank, given = 0;
        for (; order_next(order, &taken, &rank); given++)
            assert_int_equal(rank % 2, 1);
        assert_int_equal(given, plan_count(fixture.plan) / 2);
        number_set_free(&taken);
        order_destroy(order);
        fixture_close(&fixture);
    }
}

static bool is_not_last(const void *last, uint64_t rank)
{
    return rank != *(const uint64_t *)last;
}

static void searches_no_further_than_it_may(void **state)
{
    (void)state;
    struct fixture fixture = open_grid("config", 20, 42);
    struct order *order = order_create(fixture.plan);
    uint64_t rank, last = plan_count(fixture.plan) - 1;
    for (uint64_t looked_at = 10; looked_at <= last; looked_at += 10) {
        assert_int_equal(order_search(order, is_not_last, &last, 10, &rank), ORDER_LATER);
        assert_int_equal(order_looked_at(order), looked_at);
    }
    assert_int_equal(order_search(order, is_not_last, &last, 10, &rank), ORDER_FOUND);
    assert_int_equal(rank, last);
    assert_int_equal(order_search(order, is_not_last, &last, 10, &rank), ORDER_END);
    order_destroy(order);
    fixture_close(&fixture);
}

static void spread_begins_with_each_axis_first_value(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{'a': [5, 6], 'b': [7, 8, 9], 'c': [1, 2],"
                     " 'meta': {'exclude_configs': [{'c': 2, 'b': 8}, {'a': 6, 'b': 9}]}}");
    struct order *order = order_create(fixture.plan);
    uint32_t choice[3], first[3] = {0};
    plan_unrank(fixture.plan, order_at(order, 0), choice);
    assert_memory_equal(choice, first, sizeof first);
    order_destroy(order);
    fixture_close(&fixture);
}

/* A tenth of the runs in config order would have one value of the first axis only. */
static void spread_covers_each_axis_in_the_first_tenth(void **state)
{
    (void)state;
    static const char values[] = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    CLEANUP(memory_free) char *config = text_format("{'a': %s, 'b': %s, 'c': %s}", values, values, values);
    struct fixture fixture = fixture_open(config);
    struct order *order = order_create(fixture.plan);
    int seen[3][10] = {0};
    for (uint64_t i = 0; i < 100; i++) {
        uint32_t choice[3];
        plan_unrank(fixture.plan, order_at(order, i), choice);
        for (size_t axis = 0; axis < 3; axis++)
            seen[axis][choice[axis]]++;
    }
    for (size_t axis = 0; axis < 3; axis++)
        for (size_t value = 0; value < 10; value++)
            assert_in_range(seen[axis][value], 8, 13);
    order_destroy(order);
    fixture_close(&fixture);
}

static void config_order_lists_in_config_order(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{'a': [0, 1], 'b': [0, 1, 2],"
                     " 'meta': {'order': 'config', 'exclude_configs': [{'b': 1, 'a': 0}, {'b': 2}]}}");
    static const uint32_t expected[][2] = {{0, 0}, {1, 0}, {1, 1}};
    struct order *order = order_create(fixture.plan);
    assert_int_equal(plan_count(fixture.plan), 3);
    for (uint64_t i = 0; i < 3; i++) {
        uint32_t choice[2];
        plan_unrank(fixture.plan, order_at(order, i), choice);
        assert_memory_equal(choice, expected[i], sizeof choice);
    }
    order_destroy(order);
    fixture_close(&fixture);
}

static uint64_t hash_of_order(int seed)
{
    struct fixture fixture = open_grid("shuffle", 50, seed);
    struct order *order = order_create(fixture.plan);
    uint64_t hash = 0;
    for (uint64_t i = 0; i < plan_count(fixture.plan); i++)
        hash = hash_number(hash, order_at(order, i));
    order_destroy(order);
    fixture_close(&fixture);
    return hash;
}

static void shuffle_depends_on_the_seed_alone(void **state)
{
    (void)state;
    assert_true(hash_of_order(1) == hash_of_order(1));
    assert_true(hash_of_order(1) != hash_of_order(2));
}

static void shuffles_each_rank_to_each_place_about_as_often(void **state)
{
    (void)state;
    enum { seeds = 400, places = 5 };
    int first[places] = {0};
    for (int seed = 0; seed < seeds; seed++) {
        struct fixture fixture = open_grid("shuffle", 2, seed);
        struct order *order = order_create(fixture.plan);
        first[order_at(order, 0)]++;
        order_destroy(order);
        fixture_close(&fixture);
    }
    for (int i = 0; i < places; i++)
        assert_in_range(first[i], 50, 110);
}

static void orders_the_largest_plans(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < order_count; kind++) {
        CLEANUP(text_free) struct text config = {0};
        text_add(&config, "{");
        for (int axis = 0; axis < 62; axis++)
            text_addf(&config, "'a%d': [0, 1], ", axis);
        text_addf(&config, "'meta': {'order': '%s'}}", orders[kind]);
        struct fixture fixture = fixture_open(config.data);
        struct order *order = order_create(fixture.plan);
        struct number_set seen = {0};
        uint64_t rank;
        assert_int_equal(plan_count(fixture.plan), UINT64_C(1) << 62);
        for (int i = 0; i < 1000; i++) {
            assert_true(order_next(order, &seen, &rank));
            assert_true(rank < plan_count(fixture.plan));
            assert_true(number_set_add(&seen, rank));
        }
        number_set_free(&seen);
        order_destroy(order);
        fixture_close(&fixture);
    }
}

/* Ranks are multiples of one step, so they add up; 10^18 is no power of two, where overflow would not show.
 */
static void spread_does_not_overflow(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{");
    for (int axis = 0; axis < 18; axis++)
        text_addf(&config, "'a%d': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ", axis);
    text_add(&config, "}");
    struct fixture fixture = fixture_open(config.data);
    struct order *order = order_create(fixture.plan);
    uint64_t count = plan_count(fixture.plan), seed = random_seed();
    for (int n = 0; n < 1000; n++) {
        uint64_t i = random_below(&seed, count / 2), k = random_below(&seed, count / 2);
        uint64_t sum = (order_at(order, i) + order_at(order, k)) % count;
        assert_int_equal(order_at(order, i + k), sum);
    }
    assert_int_equal(order_at(order, 1) + order_at(order, count - 1), count);
    order_destroy(order);
    fixture_close(&fixture);
}

/* 2^64/phi rounded down makes this step come out four too low. */
static void spread_goes_by_the_exact_golden_section(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{");
    for (int axis = 0; axis < 17; axis++)
        text_addf(&config, "'a%d': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ", axis);
    text_add(&config, "'b': [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}");
    struct fixture fixture = fixture_open(config.data);
    struct order *order = order_create(fixture.plan);
    assert_int_equal(plan_count(fixture.plan), UINT64_C(1100000000000000000));
    assert_int_equal(order_at(order, 1), UINT64_C(679837387624884337));
    order_destroy(order);
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_rank_once),
        cmocka_unit_test(leaves_out_what_is_taken),
        cmocka_unit_test(searches_no_further_than_it_may),
        cmocka_unit_test(spread_begins_with_each_axis_first_value),
        cmocka_unit_test(spread_covers_each_axis_in_the_first_tenth),
        cmocka_unit_test(config_order_lists_in_config_order),
        cmocka_unit_test(shuffle_depends_on_the_seed_alone),
        cmocka_unit_test(shuffles_each_rank_to_each_place_about_as_often),
        cmocka_unit_test(orders_the_largest_plans),
        cmocka_unit_test(spread_does_not_overflow),
        cmocka_unit_test(spread_goes_by_the_exact_golden_section),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
