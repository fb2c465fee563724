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

static void takes_a_step_zero_that_comes_late(void **state)
{
    struct fixture *fixture = *state;
    add(fixture->history, 1, "loss", 1);
    add(fixture->history, 0, "loss", 2);
    assert_history(fixture->history, "{\"loss\": [2.0, 1.0]}");
    assert_int_equal(history_epochs(fixture->history), 2);
    assert_int_equal(history_last_step(fixture->history), 1);
}

static void refuses_a_step_below_zero(void **state)
{
    struct fixture *fixture = *state;
    assert_false(history_add(fixture->history, -1, &(struct report_metric){"loss", 1}, 1));
    assert_false(history_add(fixture->history, INT64_MIN, &(struct report_metric){"loss", 1}, 1));
    assert_int_equal(history_metric_count(fixture->history), 0);
    assert_int_equal(history_epochs(fixture->history), 0);
    assert_int_equal(history_last_step(fixture->history), -1);
}

/* Of tokens or samples, for example. */
static void keeps_steps_of_any_size(void **state)
{
    struct fixture *fixture = *state;
    double last;
    add(fixture->history, 10000001, "loss", 0.75);
    add(fixture->history, INT64_C(9007199254740993), "loss", 0.5);
    add(fixture->history, INT64_C(9007199254740993), "accuracy", 1);
    add(fixture->history, INT64_MAX, "loss", 0.25);
    assert_history(fixture->history, "{\"step\": [10000001, 9007199254740993, 9223372036854775807], "
                                     "\"loss\": [0.75, 0.5, 0.25], \"accuracy\": [NaN, 1.0]}");
    assert_true(history_last(fixture->history, "loss", &last));
    assert_float_equal(last, 0.25, 0);
    assert_true(history_epochs(fixture->history) == INT64_MAX);
}

static void has_a_value_for_each_step_where_most_were_reported(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    for (int64_t step = 1; step <= 20000; step += 2)
        add(fixture->history, step, "loss", (double)step);
    assert_null(history_steps(fixture->history, &count));
    assert_int_equal(count, 19999);
    const double *values = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 19999);
    assert_true(values[19998] == 19999 && isnan(values[19997]));
}

static void has_only_the_reported_steps_where_they_are_far_apart(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    for (int64_t step = 100; step <= 100000; step += 100)
        add(fixture->history, step, "loss", (double)step);
    const int64_t *steps = history_steps(fixture->history, &count);
    assert_int_equal(count, 1000);
    assert_true(steps[0] == 100 && steps[999] == 100000);
    const double *values = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 1000);
    assert_true(values[999] == 100000);
    add(fixture->history, 3, "loss", 1); /* what was borrowed follows */
    steps = history_steps(fixture->history, &count);
    assert_true(count == 1001 && steps[0] == 3);
}

static void puts_steps_in_order(void **state)
{
    struct fixture *fixture = *state;
    double last;
    for (int64_t step = 100000; step > 0; step--)
        add(fixture->history, step, "loss", (double)step);
    add(fixture->history, 7, "loss", 0.5);
    assert_true(history_last(fixture->history, "loss", &last));
    assert_float_equal(last, 100000, 0);
    int64_t step;
    assert_true(history_best(fixture->history, "loss", false, &step, &last));
    assert_int_equal(step, 7);
}

static void finds_the_best_step(void **state)
{
    struct fixture *fixture = *state;
    static const double values[] = {NAN, 0.5, 0.1, 0.9, 0.1, INFINITY, -INFINITY};
    int64_t step;
    double value;
    for (int64_t i = 0; i < 7; i++)
        add(fixture->history, i, "loss", values[i]);
    assert_true(history_best(fixture->history, "loss", false, &step, &value));
    assert_true(step == 2 && value == 0.1);
    assert_true(history_best(fixture->history, "loss", true, &step, &value));
    assert_true(step == 3 && value == 0.9);
    add(fixture->history, 1, "lost", NAN);
    assert_false(history_best(fixture->history, "lost", true, &step, &value));
    assert_false(history_best(fixture->history, "never", true, &step, &value));
}

/* More than it has room for. */
static void thins_out_a_history_that_is_very_long(void **state)
{
    enum { last = (16 << 20) + 1000, best = 12345677 };
    struct fixture *fixture = *state;
    struct report_metric metric = {"loss", 1};
    int64_t step;
    double value;
    for (int64_t i = 1; i <= last; i++) {
        metric.value = i == best ? 0.25 : i == last ? 0.5 : 1;
        assert_true(history_add(fixture->history, i, &metric, 1));
    }
    assert_true(history_last(fixture->history, "loss", &value));
    assert_float_equal(value, 0.5, 0);
    assert_true(history_best(fixture->history, "loss", false, &step, &value));
    assert_int_equal(step, best);
    assert_int_equal(history_epochs(fixture->history), last);
}

static void a_step_that_is_reported_again_and_again_takes_no_room(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    for (int i = 0; i < 1000000; i++)
        add(fixture->history, i % 2 + 1, "loss", i);
    const double *values = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 2);
    assert_true(values[0] == 999998 && values[1] == 999999);
}

/* Also where the list of points is just full, when the early step arrives. */
static void the_last_step_stays_last_when_an_early_one_is_reported_again(void **state)
{
    (void)state;
    for (int64_t steps = 2; steps <= 70; steps++) {
        struct history *history = history_create();
        double last;
        for (int64_t step = 1; step <= steps; step++)
            add(history, 1000000 * step, "loss", (double)step);
        add(history, 1000000, "loss", 0.5);
        assert_true(history_last(history, "loss", &last));
        assert_float_equal(last, (double)steps, 0);
        size_t count;
        assert_float_equal(history_values(history, "loss", &count)[0], 0.5, 0);
        assert_int_equal(count, steps);
        history_destroy(history);
    }
}

static void sorts_few_times_when_a_long_history_is_reported_again(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    const int64_t most = 1 << 18;
    for (int64_t step = 1; step < most; step++)
        add(fixture->history, step, "loss", 1);
    for (int64_t i = 0; i < most; i++)
        add(fixture->history, i % 2 + 1, "loss", 2);
    assert_float_equal(history_values(fixture->history, "loss", &count)[1], 2, 0);
    assert_int_equal(count, most - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(keeps_metrics_in_the_order_of_their_first_report),
        fixture_test(keeps_the_later_of_two_values),
        fixture_test(reads_a_step_left_out_as_nan),
        fixture_test(knows_nothing_of_a_metric_never_reported),
        fixture_test(takes_steps_that_begin_at_zero_as_one_more),
        fixture_test(takes_a_step_zero_that_comes_late),
        fixture_test(refuses_a_step_below_zero),
        fixture_test(keeps_steps_of_any_size),
        fixture_test(has_a_value_for_each_step_where_most_were_reported),
        fixture_test(has_only_the_reported_steps_where_they_are_far_apart),
        fixture_test(puts_steps_in_order),
        fixture_test(finds_the_best_step),
        fixture_test(thins_out_a_history_that_is_very_long),
        fixture_test(a_step_that_is_reported_again_and_again_takes_no_room),
        fixture_test(the_last_step_stays_last_when_an_early_one_is_reported_again),
        fixture_test(sorts_few_times_when_a_long_history_is_reported_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
