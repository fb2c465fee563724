#include <math.h>

#include "report/curve.h"
#include "report_fixture.h"

static void assert_curve(const double *values, size_t count, const char *expected)
{
    struct text data = {0};
    assert_true(report_curve_add(&data, NULL, values, count));
    assert_string_equal(text_get(&data), expected);
    text_free(&data);
}

static void leaves_a_gap_where_a_value_is_not_finite(void **state)
{
    (void)state;
    static const double values[] = {1, 2, NAN, INFINITY, 3, 4};
    assert_curve(values, 6, "1 1 1.8\n2 2 1.8\n\n5 3 1.8\n6 4 1.8\n");
}

static void joins_values_that_all_stand_alone(void **state)
{
    (void)state;
    static const double values[] = {NAN, 1, NAN, 2, NAN, 3};
    assert_curve(values, 6, "2 1 1.8\n4 2 1.8\n6 3 1.8\n");
}

static void stands_over_the_epochs_that_are_given(void **state)
{
    (void)state;
    static const double epochs[] = {0, 5, 7.5}, values[] = {1, NAN, 2};
    struct text data = {0};
    assert_true(report_curve_add(&data, epochs, values, 3));
    assert_string_equal(text_get(&data), "0 1 1.8\n7.5 2 1.8\n");
    text_free(&data);
}

static void has_nothing_to_show_without_a_finite_value(void **state)
{
    (void)state;
    static const double values[] = {NAN, -INFINITY};
    struct text data = {0};
    assert_false(report_curve_add(&data, NULL, values, 2));
    assert_false(report_curve_add(&data, NULL, NULL, 2));
    assert_int_equal(data.len, 0);
}

static void marks_only_points_that_stand_alone_on_a_long_curve(void **state)
{
    (void)state;
    double values[50];
    struct text data = {0};
    for (int i = 0; i < 50; i++)
        values[i] = i == 10 || i == 12 ? NAN : 7;
    assert_true(report_curve_add(&data, NULL, values, 50));
    assert_non_null(strstr(text_get(&data), "10 7 0\n\n12 7 1.8\n\n14 7 0\n"));
    text_free(&data);
}

static void keeps_the_peaks_of_a_very_long_curve(void **state)
{
    (void)state;
    size_t count = 1000000, lines = 0;
    double *values = memory_new(count, sizeof *values);
    struct text data = {0};
    values[123456] = 9;
    values[654321] = -9;
    assert_true(report_curve_add(&data, NULL, values, count));
    assert_non_null(strstr(data.data, "\n123457 9 0\n"));
    assert_non_null(strstr(data.data, "\n654322 -9 0\n"));
    for (const char *end = data.data; (end = strchr(end, '\n')); end++)
        lines++;
    assert_in_range(lines, 1000, 4002);
    free(values);
    text_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_a_gap_where_a_value_is_not_finite),
        cmocka_unit_test(joins_values_that_all_stand_alone),
        cmocka_unit_test(stands_over_the_epochs_that_are_given),
        cmocka_unit_test(has_nothing_to_show_without_a_finite_value),
        cmocka_unit_test(marks_only_points_that_stand_alone_on_a_long_curve),
        cmocka_unit_test(keeps_the_peaks_of_a_very_long_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
