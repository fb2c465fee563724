#include "plan_fixture.h"

static const char grid[] = "{'data_dir': 'foo/', 'batch_size': [32, 64], 'epochs': 50,"
                           " 'layers': [[64, 64], [128]], 'learning_rate': [0.0001, 1e-3, 0.01],"
                           " 'meta': {'exclude_configs': [{'batch_size': 64, 'learning_rate': 0.01}]}}";

static void holds_all_keys_in_config_order(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(grid);
    const struct value *keys = config_keys(fixture.config);
    for (uint64_t rank = 0; rank < plan_count(fixture.plan); rank++) {
        CLEANUP(value_cleanup) struct value *permutation = plan_permutation(fixture.plan, rank);
        assert_int_equal(value_count(permutation), value_count(keys));
        uint32_t choice[3];
        plan_unrank(fixture.plan, rank, choice);
        for (size_t i = 0, axis = 0; i < value_count(keys); i++) {
            assert_string_equal(value_key(permutation, i), value_key(keys, i));
            const struct value *expected = config_is_axis(fixture.config, i)
                                               ? plan_axis(fixture.plan, axis)->values[choice[axis]]
                                               : value_item(keys, i);
            axis += config_is_axis(fixture.config, i);
            assert_true(value_equal(value_item(permutation, i), expected));
        }
    }
    fixture_close(&fixture);
}

static void finds_each_permutation_again(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(grid);
    assert_int_equal(plan_count(fixture.plan), 10);
    for (uint64_t rank = 0; rank < plan_count(fixture.plan); rank++) {
        CLEANUP(value_cleanup) struct value *permutation = plan_permutation(fixture.plan, rank);
        uint64_t found = UINT64_MAX;
        assert_true(plan_find(fixture.plan, permutation, &found));
        assert_int_equal(found, rank);
    }
    fixture_close(&fixture);
}

/* The permutation of rank 0 with one key set to another value; NULL leaves the key out. */
static struct value *altered(const struct plan *plan, const char *key, const char *plain)
{
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(plan, 0);
    struct value *result = value_new_object();
    for (size_t i = value_count(permutation); i-- > 0;) /* in another order, too */
        if (strcmp(value_key(permutation, i), key) != 0)
            value_object_set(result, value_key(permutation, i), value_ref(value_item(permutation, i)));
    if (plain)
        value_object_set(result, key, value_new_plain(plain, strlen(plain)));
    return result;
}

static void compares_the_keys_that_say_what_a_run_is(void **state)
{
    (void)state;
    static const struct {
        const char *key, *plain;
        bool found;
    } cases[] = {
        {"log_dir", "elsewhere", true},  {"log_dir", NULL, true},     {"gpu_id", "3", false},
        {"learning_rate", "1E-4", true}, {"epochs", "50.0", true},    {"epochs", "51", false},
        {"epochs", NULL, false},         {"batch_size", "33", false}, {"batch_size", NULL, false},
        {"batch_size", "true", false},   {"prefetch", "1", false},    {"dropout", "0.5", false},
        {"layers", "[64, 64]", false},
    };
    struct fixture fixture = fixture_open(grid);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(value_cleanup) struct value *keys = altered(fixture.plan, cases[i].key, cases[i].plain);
        uint64_t rank = UINT64_MAX;
        bool found = plan_find(fixture.plan, keys, &rank);
        if (found != cases[i].found)
            print_error("%s: %s\n", cases[i].key, cases[i].plain ? cases[i].plain : "left out");
        assert_int_equal(found, cases[i].found);
        assert_true(!found || rank == 0);
    }
    fixture_close(&fixture);
}

static void takes_a_missing_key_of_a_fork_for_its_default(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open_for(
        "{'data_name': 'x', 'data_dir': 'foo/', 'batch_size': [32, 64], 'epochs': 50}", CONFIG_FOR_FORK);
    CLEANUP(value_cleanup) struct value *without = altered(fixture.plan, "prefetch", NULL);
    CLEANUP(value_cleanup) struct value *other = altered(fixture.plan, "prefetch", "7");
    uint64_t rank;
    assert_true(plan_find(fixture.plan, without, &rank));
    assert_false(plan_find(fixture.plan, other, &rank));
    fixture_close(&fixture);
}

static void does_not_find_what_is_excluded(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(grid);
    CLEANUP(value_cleanup) struct value *keys = altered(fixture.plan, "learning_rate", "0.01");
    uint64_t rank;
    assert_true(plan_find(fixture.plan, keys, &rank));
    value_object_set(keys, "batch_size", value_new_int(64));
    assert_false(plan_find(fixture.plan, keys, &rank));
    fixture_close(&fixture);
}

static void keeps_its_config_and_itself_while_referenced(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(grid);
    struct plan *second = plan_ref(fixture.plan);
    fixture_close(&fixture);
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(second, 0);
    assert_string_equal(value_text(value_get(permutation, "data_dir")), "foo/");
    plan_unref(second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_all_keys_in_config_order),
        cmocka_unit_test(finds_each_permutation_again),
        cmocka_unit_test(compares_the_keys_that_say_what_a_run_is),
        cmocka_unit_test(takes_a_missing_key_of_a_fork_for_its_default),
        cmocka_unit_test(does_not_find_what_is_excluded),
        cmocka_unit_test(keeps_its_config_and_itself_while_referenced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
