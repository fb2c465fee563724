#include "plan_fixture.h"

static const char spec_axes[] =
    "'batch_size': [32, 64], 'epochs': 50, 'learning_rate': [0.0001, 0.001, 0.00001],"
    "'optimizer_name': ['RMSProp', 'SGD', 'Adam', 'Nadam', 'Adadelta'],";

/* The spec's axes with these entries. */
static struct fixture open_with(const char *entries)
{
    CLEANUP(memory_free)
    char *config = text_format("{%s 'meta': {'exclude_configs': [%s]}}", spec_axes, entries);
    return fixture_open(config);
}

static void excludes_what_the_specs_example_says(void **state)
{
    (void)state;
    struct fixture fixture = open_with("{'optimizer_name': 'Adadelta', 'batch_size': 32},"
                                       "{'optimizer_name': 'SGD', 'learning_rate': 0.001}");
    assert_non_null(fixture.plan);
    assert_int_equal(plan_product(fixture.plan), 30);
    assert_int_equal(plan_count(fixture.plan), 30 - 3 - 2);

    for (uint64_t rank = 0; rank < plan_count(fixture.plan); rank++) {
        CLEANUP(value_cleanup) struct value *run = plan_permutation(fixture.plan, rank);
        const char *optimizer = value_text(value_get(run, "optimizer_name"));
        const char *batch = value_text(value_get(run, "batch_size"));
        const char *rate = value_text(value_get(run, "learning_rate"));
        assert_false(strcmp(optimizer, "Adadelta") == 0 && strcmp(batch, "32") == 0);
        assert_false(strcmp(optimizer, "SGD") == 0 && strcmp(rate, "0.001") == 0);
    }
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 0);
    fixture_close(&fixture);
}

static void matches_entries_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *entries;
        uint64_t kept;
    } cases[] = {
        {"", 30},
        {"{'learning_rate': 1e-3}", 20},
        {"{'optimizer_name': ['SGD', 'Adam', 'SGD']}", 18},
        {"{'epochs': 50, 'batch_size': 32}", 15},
        {"{'epochs': [40, 50], 'batch_size': 32}", 15},
        {"{'batch_size': [32, 64], 'optimizer_name': 'SGD'}", 24},
        {"{'optimizer_name': 'SGD'}, {'optimizer_name': 'SGD', 'batch_size': 32}", 24},
        {"{'batch_size': 32, 'optimizer_name': 'SGD'}, {'batch_size': 64, 'optimizer_name': 'SGD'}", 24},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture = open_with(cases[i].entries);
        assert_non_null(fixture.plan);
        assert_int_equal(plan_count(fixture.plan), cases[i].kept);
        assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 0);
        fixture_close(&fixture);
    }
}

static void warns_of_entries_that_exclude_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *entry, *said;
        uint64_t kept;
    } cases[] = {
        {"{'batch_sise': 32}", "did you mean 'batch_size'?", 30},
        {"{'wholly_unlike_anything': 32}", "no key of this config", 30},
        {"{'batch_size': 48}", "axis 'batch_size' has no value 48", 30},
        {"{'batch_size': 32, 'learning_rate': 7}", "axis 'learning_rate' has no value 7", 30},
        {"{'batch_size': '32'}", "the axis has 32, 64", 30},
        {"{'epochs': 60, 'batch_size': 32}", "'epochs' is 50, never 60", 30},
        {"{'batch_size': [16, 48]}", "axis 'batch_size' has no value [16, 48]", 30},
        {"{'batch_size': [32, 48]}", "axis 'batch_size' has no value 48", 15},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture = open_with(cases[i].entry);
        assert_non_null(fixture.plan);
        assert_int_equal(plan_count(fixture.plan), cases[i].kept);
        assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 1);
        assert_true(fixture_said(&fixture, cases[i].said));
        assert_true(fixture_said(&fixture, "config.json:1:"));
        fixture_close(&fixture);
    }
}

static void refuses_a_plan_that_excludes_everything(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{'epochs': 50}",
        "{'batch_size': [32, 64]}",
        "{'batch_size': 32}, {'batch_size': 64}",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture fixture = open_with(cases[i]);
        assert_null(fixture.plan);
        assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 1);
        assert_true(fixture_said(&fixture, "excludes every permutation: {\""));
        fixture_close(&fixture);
    }
}

static void takes_an_array_that_is_an_axis_value_as_that_value(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{'layers': [[64, 64], [128], 64], 'b': [1, 2],"
                                          " 'meta': {'exclude_configs': [{'layers': [64, 64]}]}}");
    assert_non_null(fixture.plan);
    assert_int_equal(plan_count(fixture.plan), 4);
    for (uint64_t rank = 0; rank < 4; rank++) {
        CLEANUP(value_cleanup) struct value *run = plan_permutation(fixture.plan, rank);
        assert_false(value_equal(value_get(run, "layers"), plan_axis(fixture.plan, 0)->values[0]));
    }
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(excludes_what_the_specs_example_says),
        cmocka_unit_test(matches_entries_as_people_write_them),
        cmocka_unit_test(warns_of_entries_that_exclude_nothing),
        cmocka_unit_test(refuses_a_plan_that_excludes_everything),
        cmocka_unit_test(takes_an_array_that_is_an_axis_value_as_that_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
