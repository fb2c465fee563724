#include <math.h>

#include "report_fixture.h"

static void add(struct history *history, int64_t step, const char *metric, double value)
{
    history_add(history, step, &(struct report_metric){metric, value}, 1);
}

static void keeps_metrics_in_the_order_of_their_first_report(void **state)
{
    struct fixture *fixture = *state;
    struct report_metric metrics[] = {{"loss", 0.9}, {"accuracy", 0.25}};
    history_add(fixture->history, 1, metrics, 2);
    add(fixture->history, 2, "accuracy", 0.5);
    add(fixture->history, 2, "loss", 0.4);
    assert_history(fixture->history, "{\"loss\": [0.9, 0.4], \"accuracy\": [0.25, 0.5]}");
    assert_int_equal(history_metric_count(fixture->history), 2);
    assert_string_equal(history_metric_name(fixture->history, 1), "accuracy");
}

static void keeps_the_later_of_two_values(void **state)
{
    struct fixture *fixture = *state;
    add(fixture->history, 1, "loss", 3);
    add(fixture->history, 2, "loss", 2);
    add(fixture->history, 1, "loss", 1);
    assert_history(fixture->history, "{\"loss\": [1.0, 2.0]}");
}

static void reads_a_step_left_out_as_nan(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    add(fixture->history, 3, "loss", 0.5);
    const double *values = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 3);
    assert_true(isnan(values[0]) && isnan(values[1]));
    assert_float_equal(values[2], 0.5, 0);
    assert_history(fixture->history, "{\"loss\": [NaN, NaN, 0.5]}");
}

static void knows_nothing_of_a_metric_never_reported(void **state)
{
    struct fixture *fixture = *state;
    size_t count = 7;
    assert_null(history_values(fixture->history, "loss", &count));
    assert_int_equal(count, 0);
    assert_history(fixture->history, "{}");
}

static void takes_steps_that_begin_at_zero_as_one_more(void **state)
{
    struct fixture *fixture = *state;
    add(fixture->history, 0, "loss", 2);
    add(fixture->history, 1, "loss", 1);
    assert_history(fixture->history, "{\"loss\": [2.0, 1.0]}");
}

static void leaves_out_steps_out_of_bounds(void **state)
{
    struct fixture *fixture = *state;
    static const int64_t steps[] = {0, -1, INT64_MIN, INT64_MAX, 10000001, INT64_C(1000000000000)};
    add(fixture->history, 1, "loss", 1);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        add(fixture->history, steps[i], "loss", 2);
    assert_history(fixture->history, "{\"loss\": [1.0]}");
}

static void holds_no_more_than_its_share_of_memory(void **state)
{
    struct fixture *fixture = *state;
    size_t count, kept = 0;
    for (int i = 0; i < 20; i++) {
        char metric[16];
        snprintf(metric, sizeof metric, "m%d", i);
        add(fixture->history, 10000000, metric, 1);
        history_values(fixture->history, metric, &count);
        kept += count;
    }
    assert_int_equal(kept, 60000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(keeps_metrics_in_the_order_of_their_first_report),
        fixture_test(keeps_the_later_of_two_values),
        fixture_test(reads_a_step_left_out_as_nan),
        fixture_test(knows_nothing_of_a_metric_never_reported),
        fixture_test(takes_steps_that_begin_at_zero_as_one_more),
        fixture_test(leaves_out_steps_out_of_bounds),
        fixture_test(holds_no_more_than_its_share_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
