#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void reads_durations_as_people_write_them(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double seconds;
    } cases[] = {{"90", 90}, {"45s", 45},    {"2h30m", 9000},     {"1d", 86400},
                 {"0", 0},   {"0.5h", 1800}, {"1d2h3m4s", 93784}, {"1e2", 100}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = {0};
        double seconds = -1;
        assert_true(duration_parse(cases[i].text, &seconds, &err));
        assert_float_equal(seconds, cases[i].seconds, 1e-9);
    }
}

static void refuses_other_durations_with_the_remedy(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "h",   "5x",  "30m2h",    "-1",  "1e400",
                                      "2h2h", "nan", "inf", "1000000d", "5 s", "10m5"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error err = {0};
        double seconds = -1;
        assert_false(duration_parse(bad[i], &seconds, &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.text, "is no duration: "));
        assert_float_equal(seconds, -1, 0);
    }
}

static void writes_durations_from_the_largest_unit_on(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {{0, "0s"},
                 {0.9, "0s"},
                 {59.9, "59s"},
                 {60, "1m 0s"},
                 {141, "2m 21s"},
                 {3600, "1h 0m 0s"},
                 {93784, "1d 2h 3m 4s"},
                 {-5, "0s"},
                 {1e300, "11574074074d 1h 46m 40s"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[48];
        duration_format(cases[i].seconds, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void writes_points_in_time(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    char seconds[32], micros[40];
    clock_format(1606925073.000907, seconds);
    clock_format_micros(1606925073.000908, micros);
    assert_string_equal(seconds, "2020-12-02 16:04:33");
    assert_int_equal(strlen(micros), 26);
    assert_memory_equal(micros, "2020-12-02 16:04:33.00090", 25);
}

static void never_runs_backwards(void **state)
{
    (void)state;
    int64_t last = clock_monotonic();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_wall() > 1.6e9);
}

static void measures_to_the_microsecond(void **state)
{
    (void)state;
    double seconds = clock_seconds_since(clock_monotonic() - 2160400);
    assert_true(seconds >= 0.00216 && seconds < 60);
    assert_true(round(1e6 * seconds) / 1e6 == seconds);
}

static void ends_where_the_clock_says_but_never_before_the_start(void **state)
{
    (void)state;
    double now = clock_wall();
    assert_true(clock_wall_end(now - 7.25, 7.125) == round(1e6 * (now - 7.25 + 7.125)) / 1e6);
    assert_true(clock_wall_end(now + 3600, 5) == round(1e6 * (now + 3605)) / 1e6); /* set back by an hour */
    double end = clock_wall_end(now - 86400, 5);                                   /* suspended for a day */
    assert_true(end >= now && end < now + 3600);
}

static void counts_what_is_left_of_a_deadline(void **state)
{
    (void)state;
    assert_int_equal(clock_ms_until(clock_monotonic()), 0);
    assert_int_equal(clock_ms_until(INT64_MIN / 2), 0);
    assert_in_range(clock_ms_until(clock_monotonic() + INT64_C(3600000) * 1000000), 3000000, 3600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_durations_as_people_write_them),
        cmocka_unit_test(refuses_other_durations_with_the_remedy),
        cmocka_unit_test(writes_durations_from_the_largest_unit_on),
        cmocka_unit_test(writes_points_in_time),
        cmocka_unit_test(never_runs_backwards),
        cmocka_unit_test(measures_to_the_microsecond),
        cmocka_unit_test(counts_what_is_left_of_a_deadline),
        cmocka_unit_test(ends_where_the_clock_says_but_never_before_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
