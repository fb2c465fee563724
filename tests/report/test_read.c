#include "report_fixture.h"

/* Reads `content` and compares the history, as JSON, and the number of lines skipped. */
static void assert_reads(struct fixture *fixture, const char *content, const char *expected, size_t skipped)
{
    struct error err;
    struct report_faults faults = {0};
    put(fixture, content);
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_history(fixture->history, expected);
    assert_int_equal(faults.lines, skipped);
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
    assert_reads(
        *state,
        "{\"step\": 1, \"loss\": 0.5}\nhello\n[1]\n{\"step\": \"x\", \"loss\": 1}\n"
        "{\"step\": 1.5, \"loss\": 1}\n{'loss': 0.5}\n1,5\n{\"step\": 3, \"loss\": \"low\"}\n\n   \n",
        "{\"loss\": [0.5]}", 7);
}

static void assert_first_fault(struct fixture *fixture, const char *content, size_t line, const char *why,
                               const char *excerpt)
{
    struct error err;
    struct report_faults faults = {0};
    put(fixture, content);
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_int_equal(faults.first_line, line);
    assert_string_equal(faults.why, why);
    assert_string_equal(faults.excerpt, excerpt);
}

static void tells_of_the_first_line_that_cannot_be_read(void **state)
{
    assert_first_fault(*state, "{\"loss\": 1}\r\n\r\n{'loss': 0.5}\r\n1,5\n", 3, "it is no JSON object",
                       "{'loss': 0.5}");
    assert_first_fault(*state, "{\"step\": -1, \"loss\": 1}\n", 1, "its step is no whole number from 0 on",
                       "{\"step\": -1, \"loss\": 1}");
    assert_first_fault(*state, "{\"step\": 1, \"loss\": \"l\\u00f6w\"}\n", 1, "it has no number",
                       "{\"step\": 1, \"loss\": \"l\\u00f6w\"}");
    assert_first_fault(*state, "\033[31mααααααααααααααααααααααααααααααααααααααααα\n", 1,
                       "it is no JSON object", " [31mααααααααααααααααααααααααααααααααααα…");
}

static void counts_steps_that_are_out_of_bounds(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"loss\": 0.5}\n{\"step\": 9223372036854775808, \"loss\": 1}\n"
                 "{\"step\": -1, \"loss\": 1}\n{\"step\": 1e300, \"loss\": 1}\n"
                 "{\"step\": 99999999999999999999999, \"loss\": 1}\n",
                 "{\"loss\": [0.5]}", 4);
}

/* Of tokens or samples; a double would round the second. */
static void reads_steps_of_64_bits(void **state)
{
    assert_reads(*state,
                 "{\"step\": 10000001, \"loss\": 3}\n{\"step\": 9007199254740993, \"loss\": NaN}\n"
                 "{\"step\": 9223372036854775807, \"loss\": 1}\n",
                 "{\"step\": [10000001, 9007199254740993, 9223372036854775807], \"loss\": [3.0, NaN, 1.0]}",
                 0);
}

static void reads_a_number_beyond_a_double_as_infinity(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"a\": 1e999, \"b\": -1e999, \"c\": 1e-999, \"d\": 2, \"e1e999\": 3}\n"
                 "{\"step\": 2, \"a\": 12345678901234567890123, \"b\": -12345678901234567890}\n",
                 "{\"a\": [Infinity, 1.2345678901234568e+22], \"b\": [-Infinity, -1.2345678901234567e+19], "
                 "\"c\": [0.0], \"d\": [2.0], \"e1e999\": [3.0]}",
                 0);
}

static void tells_of_a_value_that_may_be_meant_as_a_number(void **state)
{
    static const char *const meant[] = {"\"0.5\"", "\"91%\"", "[0.5]", "{\"train\": 0.5}"};
    static const char *const not_meant[] = {"\"train\"", "null", "true"};
    struct fixture *fixture = *state;
    struct error err;
    for (size_t i = 0; i < 4 + 3; i++) {
        struct report_faults faults = {0};
        CLEANUP(memory_free)
        char *line =
            text_format("{\"loss\": 1}\n{\"loss\": 1, \"acc\": %s}\n", i < 4 ? meant[i] : not_meant[i - 4]);
        put(fixture, line);
        assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
        assert_int_equal(faults.lines, 0);
        assert_int_equal(faults.no_number_count, i < 4 ? 1 : 0);
        assert_int_equal(faults.no_numbers[0].line, i < 4 ? 2 : 0);
        assert_string_equal(faults.no_numbers[0].name, i < 4 ? "acc" : "");
    }
}

static void takes_values_that_are_no_numbers_for_none(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"time\": 5, \"loss\": 1, \"note\": \"hi\", \"ok\": null, \"none\": null, "
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
    assert_true(history_read(fixture->history, fixture->path, 0, NULL, &err));
    assert_int_equal(history_metric_count(fixture->history), 0);
}

static void names_a_file_that_cannot_be_read(void **state)
{
    struct fixture *fixture = *state;
    struct error err = {0};
    assert_false(history_read(fixture->history, fixture->folder, 0, NULL, &err));
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
    struct report_faults faults = {0};
    put_bytes(fixture, bytes, sizeof bytes - 1);
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_int_equal(faults.lines, 5);
    assert_int_equal(history_metric_count(fixture->history), 0);
}

static void reads_a_hundred_thousand_lines_each_once(void **state)
{
    struct fixture *fixture = *state;
    struct text content = {0};
    struct error err;
    size_t count;
    struct report_faults faults = {0};
    for (int i = 1; i <= 100000; i++)
        text_addf(&content, "{\"step\": %d, \"loss\": %d}\n", i, i);
    put(fixture, content.data);
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    const double *loss = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 100000);
    assert_int_equal(faults.lines, 0);
    for (size_t i = 0; i < count; i++)
        assert_true(loss[i] == (double)(i + 1));
    text_free(&content);
}

#define MARK "{\"attempt\": 2}\n"

static void forgets_an_attempt_that_did_not_end_the_run(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"loss\": 0.1}\n{\"step\": 2, \"loss\": 0.1, \"dead\": 1}\n" MARK
                 "{\"step\": 1, \"loss\": 0.9}\n",
                 "{\"loss\": [0.9]}", 0);
}

static void keeps_the_curve_of_a_run_that_went_on(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"loss\": 4}\n{\"step\": 2, \"loss\": 3}\n{\"step\": 3, \"loss\": 9}\n" MARK
                 "{\"step\": 3, \"loss\": 2}\n{\"step\": 4, \"loss\": 1}\n",
                 "{\"loss\": [4.0, 3.0, 2.0, 1.0]}", 0);
}

/* The third goes on where the second was, which had begun again. */
static void follows_a_run_over_several_attempts(void **state)
{
    assert_reads(
        *state,
        "{\"step\": 1, \"loss\": 9}\n{\"step\": 2, \"loss\": 9}\n{\"step\": 3, \"loss\": 9}\n" MARK
        "{\"step\": 1, \"loss\": 8}\n{\"step\": 2, \"loss\": 9}\n{\"attempt\": 3}\n{\"attempt\": 4}\n"
        "{\"step\": 2, \"loss\": 7}\n",
        "{\"loss\": [8.0, 7.0]}", 0);
}

static void nothing_counts_when_the_last_attempt_said_nothing(void **state)
{
    assert_reads(*state, "{\"step\": 1, \"loss\": 0.1}\n" MARK, "{}", 0);
}

static void numbers_the_lines_of_each_attempt(void **state)
{
    assert_reads(*state, "{\"loss\": 9}\n{\"loss\": 9}\n" MARK "{\"loss\": 2}\n\n{\"loss\": 1}\n",
                 "{\"loss\": [2.0, 1.0]}", 0);
}

static void a_line_torn_by_a_kill_is_no_fault(void **state)
{
    assert_reads(*state,
                 "{\"step\": 1, \"loss\": 2}\n{\"step\": 2, \"lo\n" MARK "{\"step\": 2, \"loss\": 1}\n",
                 "{\"loss\": [2.0, 1.0]}", 0);
}

static void a_metric_may_be_called_attempt(void **state)
{
    assert_reads(*state, "{\"step\": 1, \"attempt\": 2}\n{\"attempt\": 3.5}\n", "{\"attempt\": [2.0, 3.5]}",
                 0);
}

static void takes_truth_values_for_numbers(void **state)
{
    assert_reads(*state, "{\"step\": 1, \"flag\": true}\n{\"step\": 2, \"flag\": false, \"loss\": 2}\n",
                 "{\"flag\": [1.0, 0.0], \"loss\": [NaN, 2.0]}", 0);
}

static void assert_attempts(struct fixture *fixture, int attempts, const char *content, const char *expected)
{
    struct error err;
    put(fixture, content);
    fixture_forget(fixture);
    assert_true(history_read(fixture->history, fixture->path, attempts, NULL, &err));
    assert_history(fixture->history, expected);
}

/* A program may have a line of its own that looks like a mark. */
static void takes_only_the_runner_s_marks_for_marks(void **state)
{
    static const char *const others[] = {"7", "1", "4", "2", "99999999999"};
    for (size_t i = 0; i < 5; i++) {
        CLEANUP(memory_free)
        char *content = text_format("{\"step\": 1, \"loss\": 9}\n" MARK "{\"step\": 1, \"loss\": 3}\n"
                                    "{\"attempt\": %s}\n",
                                    others[i]);
        CLEANUP(memory_free)
        char *expected =
            text_format("{\"loss\": [3.0], \"attempt\": [NaN, %s]}", i == 4 ? "99999999999.0" : others[i]);
        CLEANUP(memory_free)
        char *with_dot = text_format("{\"loss\": [3.0], \"attempt\": [NaN, %s.0]}", others[i]);
        assert_attempts(*state, 3, content, i == 4 ? expected : with_dot);
    }
    assert_attempts(*state, 1, "{\"loss\": 1}\n{\"attempt\": 2}\n",
                    "{\"loss\": [1.0], \"attempt\": [NaN, 2.0]}");
    assert_attempts(*state, 2, "{\"loss\": 1}\n{\"attempt\":2}\n",
                    "{\"loss\": [1.0], \"attempt\": [NaN, 2.0]}");
}

static void takes_a_mark_that_is_repeated_for_one(void **state)
{
    assert_attempts(*state, 2, "{\"loss\": 1}\n{\"attempt\": 2}\n{\"attempt\": 2}\n{\"loss\": 3}\n",
                    "{\"loss\": [3.0]}");
}

static void counts_what_earlier_attempts_reported_in_vain(void **state)
{
    static const struct {
        const char *content;
        size_t dropped;
        int64_t from;
    } cases[] = {
        {"{\"loss\": 3}\n{\"loss\": 2, \"acc\": 1}\n" MARK "{\"test\": 1}\n", 3, 1},
        {"{\"loss\": 3}\n{\"loss\": 2}\n" MARK "{\"step\": 2, \"loss\": 1}\n", 1, 2},
        {"{\"loss\": 3}\n{\"loss\": 2}\n" MARK "{\"step\": 3, \"loss\": 1}\n", 0, 0},
        {"{\"loss\": 3}\n{\"loss\": 2}\n" MARK, 2, -1},
        {"{\"loss\": 3}\n{\"loss\": 2}\n" MARK "{\"loss\": 2}\n{\"attempt\": 3}\n{\"loss\": 2}\n", 3, 1},
        {"{\"loss\": 3}\n{\"loss\": 2}\n", 0, 0},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report_faults faults = {0};
        struct error err;
        put(fixture, cases[i].content);
        assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
        assert_int_equal(faults.dropped, cases[i].dropped);
        assert_int_equal(faults.dropped_from, cases[i].from);
        fixture_forget(fixture);
    }
}

static void takes_a_line_that_tells_a_fault_for_no_report(void **state)
{
    struct fixture *fixture = *state;
    struct report_faults faults = {0};
    struct error err;
    put(fixture, "{\"fault\": \"forgotten\"}\n{\"attempt\": 2}\n{\"loss\": 1}\n{\"fault\": \"no\\nnumber\"}\n"
                 "{\"fault\": \"another\"}\n{\"loss\": 2}\n{\"fault\": 3}\n");
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_history(fixture->history, "{\"loss\": [1.0, 2.0], \"fault\": [NaN, NaN, 3.0]}");
    assert_int_equal(faults.told, 2);
    assert_int_equal(faults.lines, 0);
    assert_string_equal(faults.first_told, "no number");
}

static void knows_the_last_step_of_the_last_attempt(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    int64_t step;
    assert_true(report_last_step(fixture->path, 0, &step, &err));
    assert_int_equal(step, 0);
    put(fixture, "{\"step\": 7, \"loss\": 1}\n" MARK "{\"step\": 3, \"loss\": 1}\n[]\n{\"loss\": 1}\n");
    assert_true(report_last_step(fixture->path, 0, &step, &err));
    assert_int_equal(step, 3);
    put(fixture, "{\"step\": 7, \"loss\": 1}\n" MARK);
    assert_true(report_last_step(fixture->path, 0, &step, &err));
    assert_int_equal(step, 0);
    assert_false(report_last_step(fixture->folder, 0, &step, &err));
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
        fixture_test(tells_of_the_first_line_that_cannot_be_read),
        fixture_test(reads_steps_of_64_bits),
        fixture_test(reads_a_number_beyond_a_double_as_infinity),
        fixture_test(tells_of_a_value_that_may_be_meant_as_a_number),
        fixture_test(forgets_an_attempt_that_did_not_end_the_run),
        fixture_test(keeps_the_curve_of_a_run_that_went_on),
        fixture_test(follows_a_run_over_several_attempts),
        fixture_test(nothing_counts_when_the_last_attempt_said_nothing),
        fixture_test(numbers_the_lines_of_each_attempt),
        fixture_test(a_line_torn_by_a_kill_is_no_fault),
        fixture_test(a_metric_may_be_called_attempt),
        fixture_test(takes_truth_values_for_numbers),
        fixture_test(takes_only_the_runner_s_marks_for_marks),
        fixture_test(takes_a_mark_that_is_repeated_for_one),
        fixture_test(counts_what_earlier_attempts_reported_in_vain),
        fixture_test(takes_a_line_that_tells_a_fault_for_no_report),
        fixture_test(knows_the_last_step_of_the_last_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
