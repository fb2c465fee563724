#include "report_fixture.h"

/* Reads `content` and compares the history, as JSON, and the number of lines skipped. */
static void assert_reads(struct fixture *fixture, const char *content, const char *expected, size_t skipped)
{
    struct error err;
    size_t actual = 99;
    put(fixture, content);
    assert_true(history_read(fixture->history, fixture->path, &actual, &err));
    assert_history(fixture->history, expected);
    assert_int_equal(actual, skipped);
}

static void leaves_out_a_torn_last_line(void **state)
{
    assert_reads(*state, "{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": 0.", "{\"loss\": [0.5]}", 0);
}

static void reads_a_whole_last_line_that_has_no_end(void **state)
{
    assert_reads(*state, "{\"step\": 1, \"loss\": 0.5}\n{\"step\": 2, \"loss\": 0.25}",
                 "{\"loss\": [0.5, 0.25]}", 0);
}

static void counts_lines_that_are_no_reports(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"loss\": 0.5}\nhello\n[1]\n{\"step\": \"x\", \"loss\": 1}\n"
                 "{\"step\": 1.5, \"loss\": 1}\n{\"step\": 1, \"loss\": 1e999}\n\n   \n",
                 "{\"loss\": [0.5]}", 5);
}

static void counts_steps_that_are_out_of_bounds(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"loss\": 0.5}\n{\"step\": 1000000000000, \"loss\": 1}\n"
                 "{\"step\": -1, \"loss\": 1}\n{\"step\": 1e300, \"loss\": 1}\n"
                 "{\"step\": 99999999999999999999999, \"loss\": 1}\n",
                 "{\"loss\": [0.5]}", 4);
}

static void takes_values_that_are_no_numbers_for_none(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"time\": 5, \"loss\": 1, \"note\": \"hi\", \"ok\": true, \"none\": null, "
                 "\"nested\": {\"loss\": 2}, \"list\": [1, NaN]}\n",
                 "{\"loss\": [1.0]}", 0);
}

static void reads_numbers_that_json_does_not_have(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"a\": NaN, \"b\": -Infinity, \"c\":Infinity}\n"
                 "{\"step\": 2, \"a\": nan, \"b\": -inf, \"c\": \"Infinity\"}\n"
                 "{\"step\": 3, \"a\": -nan, \"b\": inf, \"NaN \\\" NaN\": NaN}\n",
                 "{\"a\": [NaN, NaN, NaN], \"b\": [-Infinity, -Infinity, Infinity], "
                 "\"c\": [Infinity, Infinity], \"NaN \\\" NaN\": [NaN, NaN, NaN]}",
                 0);
}

static void takes_the_line_for_a_missing_step(void **state)
{
    assert_reads(*state, "{\"loss\": 3}\r\n{\"loss\": 2}\r\n\n{\"loss\": 1}\n", "{\"loss\": [3.0, 2.0, 1.0]}",
                 0);
}

static void takes_steps_that_begin_at_zero_as_one_more(void **state)
{
    assert_reads(*state, "{\"step\": 0, \"loss\": 2}\n{\"step\": 1.0, \"loss\": 1}\n",
                 "{\"loss\": [2.0, 1.0]}", 0);
}

static void finds_nothing_in_a_file_that_is_not_there(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    assert_true(history_read(fixture->history, fixture->path, NULL, &err));
    assert_int_equal(history_metric_count(fixture->history), 0);
}

static void names_a_file_that_cannot_be_read(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    assert_false(history_read(fixture->history, fixture->folder, NULL, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_non_null(strstr(err.text, fixture->folder));
}

static void counts_a_line_beyond_all_measure_once(void **state)
{
    struct fixture *fixture = *state;
    struct text content = {0};
    text_add(&content, "{\"step\": 1, \"loss\": 1}\n{\"step\": 2, \"note\": \"");
    for (int i = 0; i < 300000; i++)
        text_add(&content, "0123456789");
    text_add(&content, "\", \"loss\": 2}\n{\"step\": 3, \"loss\": 3}\n");
    assert_reads(fixture, content.data, "{\"loss\": [1.0, NaN, 3.0]}", 1);
    text_free(&content);
}

static void survives_bytes_of_any_kind(void **state)
{
    static const char bytes[] =
        "\0\n{\"a\0b\": 1}\n\xff\xfe{}\n{\"\xff\": 1}\n{\"step\": 5, \"loss\": 1}\0\n\"\\";
    struct fixture *fixture = *state;
    struct error err;
    size_t skipped;
    put_bytes(fixture, bytes, sizeof bytes - 1);
    assert_true(history_read(fixture->history, fixture->path, &skipped, &err));
    assert_int_equal(skipped, 5);
    assert_int_equal(history_metric_count(fixture->history), 0);
}

static void reads_a_hundred_thousand_lines_each_once(void **state)
{
    struct fixture *fixture = *state;
    struct text content = {0};
    struct error err;
    size_t count, skipped;
    for (int i = 1; i <= 100000; i++)
        text_addf(&content, "{\"step\": %d, \"loss\": %d}\n", i, i);
    put(fixture, content.data);
    assert_true(history_read(fixture->history, fixture->path, &skipped, &err));
    const double *loss = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 100000);
    assert_int_equal(skipped, 0);
    for (size_t i = 0; i < count; i++)
        assert_true(loss[i] == (double)(i + 1));
    text_free(&content);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(leaves_out_a_torn_last_line),
        fixture_test(reads_a_whole_last_line_that_has_no_end),
        fixture_test(counts_lines_that_are_no_reports),
        fixture_test(counts_steps_that_are_out_of_bounds),
        fixture_test(takes_values_that_are_no_numbers_for_none),
        fixture_test(reads_numbers_that_json_does_not_have),
        fixture_test(takes_the_line_for_a_missing_step),
        fixture_test(takes_steps_that_begin_at_zero_as_one_more),
        fixture_test(finds_nothing_in_a_file_that_is_not_there),
        fixture_test(names_a_file_that_cannot_be_read),
        fixture_test(counts_a_line_beyond_all_measure_once),
        fixture_test(survives_bytes_of_any_kind),
        fixture_test(reads_a_hundred_thousand_lines_each_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
