#include "report_fixture.h"

#define HEADER "--- attempt 2, 2020-12-02 16:04:33 ---\n"

static struct value *new_metrics(const char *const pairs[][2], size_t count)
{
    struct value *metrics = value_new_object();
    for (size_t i = 0; i < count; i++)
        value_object_set(metrics, pairs[i][0], value_new_string(pairs[i][1], strlen(pairs[i][1])));
    return metrics;
}

static void assert_scans(struct fixture *fixture, const char *expression, const char *content,
                         const char *expected)
{
    const char *const pairs[][2] = {{"m", expression}};
    struct value *metrics = new_metrics(pairs, 1);
    struct error err;
    put(fixture, content);
    assert_true(report_scan_output(fixture->history, fixture->path, metrics, NULL, &err));
    assert_history(fixture->history, expected);
    value_unref(metrics);
}

static void finds_two_metrics_each_by_its_count(void **state)
{
    static const char *const pairs[][2] = {{"loss", "loss[:=] *([0-9.e-]+)"}, {"accuracy", "acc=([0-9.]+)%"}};
    struct fixture *fixture = *state;
    struct value *metrics = new_metrics(pairs, 2);
    struct error err;
    put(fixture, "epoch 1 loss: 2.5e-1 acc=50%\nnothing\nepoch 2 loss=0.125\nepoch 3 acc=75.5% loss= 0.1\n");
    assert_true(report_scan_output(fixture->history, fixture->path, metrics, NULL, &err));
    assert_history(fixture->history, "{\"loss\": [0.25, 0.125, 0.1], \"accuracy\": [50.0, 75.5]}");
    value_unref(metrics);
}

static void takes_the_number_of_a_match_without_a_group(void **state)
{
    assert_scans(*state, "loss=[-0-9.]+", "loss=0.5\nloss=-.25\n", "{\"m\": [0.5, -0.25]}");
}

static void takes_every_match_of_a_line(void **state)
{
    assert_scans(*state, "l([0-9])", "l1 l2 l3", "{\"m\": [1.0, 2.0, 3.0]}");
}

static void takes_the_line_start_for_what_it_is(void **state)
{
    assert_scans(*state, "^([0-9])", "1 2\n3\n", "{\"m\": [1.0, 3.0]}");
}

static void ends_lines_at_carriage_returns_too(void **state)
{
    assert_scans(*state, "^loss ([0-9]+)$", "loss 1\r\nbar 10%\rloss 2\rloss 3\r\n",
                 "{\"m\": [1.0, 2.0, 3.0]}");
}

static void leaves_out_a_match_that_is_no_number(void **state)
{
    assert_scans(*state, "loss=([a-z0-9]+)|skip", "loss=none\nskip\nloss=7\nloss=nan\n",
                 "{\"m\": [7.0, NaN]}");
}

static void gets_past_empty_matches(void **state)
{
    assert_scans(*state, "([0-9]*)", "a1 b22\n", "{\"m\": [1.0, 22.0]}");
}

/* Matches each output by itself. */
static void assert_reads_number(struct fixture *fixture, const char *expression, const char *output,
                                const char *expected)
{
    CLEANUP(text_free) struct text json = {0};
    text_addf(&json, "{\"m\": [%s]}", expected ? expected : "");
    fixture_forget(fixture);
    assert_scans(fixture, expression, output, expected ? text_get(&json) : "{}");
}

/* Each is what C or Python prints for some number. */
static const char *const printed[][2] = {
    {"0.5", "0.5"},
    {"1.25e-05", "1.25e-05"},
    {"1e3", "1000.0"},
    {"1E+3", "1000.0"},
    {"1e+20", "1e+20"},
    {"-3.5", "-3.5"},
    {"+7", "7.0"},
    {".25", "0.25"},
    {"5.", "5.0"},
    {"1,234.5", "1234.5"},
    {"-12,345,678", "-12345678.0"},
    {"1,234e2", "123400.0"},
    {"inf", "Infinity"},
    {"-inf", "-Infinity"},
    {"nan", "NaN"},
    {"NaN", "NaN"},
    {"Infinity", "Infinity"},
    {"-Infinity", "-Infinity"},
    {"INF", "Infinity"},
};

static void reads_each_number_that_c_and_python_print(void **state)
{
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        CLEANUP(memory_free) char *line = text_format("epoch 1 loss: %s, next\n", printed[i][0]);
        CLEANUP(memory_free) char *end = text_format("loss: %s\n", printed[i][0]);
        assert_reads_number(*state, "loss: {number}", line, printed[i][1]);
        assert_reads_number(*state, "loss: {number}$", end, printed[i][1]);
        assert_reads_number(*state, "loss: ({number})", end, printed[i][1]);
        assert_reads_number(*state, "loss: .*", line, printed[i][1]);
    }
}

static void reads_a_number_whole_where_the_match_ends_within_it(void **state)
{
    assert_reads_number(*state, "loss: ([0-9.]+)", "loss: 1.25e-05\n", "1.25e-05");
    assert_reads_number(*state, "loss: ([0-9.]+)", "loss: 1e3 x\n", "1000.0");
    assert_reads_number(*state, "loss: ([0-9.]+)", "loss: 1,234.5\n", "1234.5");
    assert_reads_number(*state, "loss: [0-9.]+", "loss: 1,234.5\n", "1234.5");
    assert_reads_number(*state, "loss: ([0-9])", "loss: 123 loss: 45\n", "123.0, 45.0");
    assert_reads_number(*state, "([0-9])", "12 3\n", "12.0, 3.0");
    assert_reads_number(*state, "loss: ([0-9,.]+)", "loss: 1,234.5, acc: 1\n", "1234.5");
    assert_reads_number(*state, "loss: ([0-9.]+)", "loss: 5e\nloss: 6epochs\nloss: 7.\n", "5.0, 6.0, 7.0");
}

static void reads_a_number_whole_where_the_match_begins_within_it(void **state)
{
    assert_reads_number(*state, "loss.*([0-9.]+)", "loss = 0.53\n", "0.53");
    assert_reads_number(*state, "loss.*([0-9.]+)", "loss = -10.25e-07\n", "-1.025e-06");
    assert_reads_number(*state, "([0-9]+) done", "2024-01-05 done\n", "5.0");
}

static void ends_a_number_where_the_expression_goes_on(void **state)
{
    assert_reads_number(*state, "([0-9]+)[.][0-9]+", "12.5\n", "12.0");
    assert_reads_number(*state, "^([0-9]+),", "5,30,2\n", "5.0");
    assert_reads_number(*state, "^[0-9]+,([0-9]+)", "5,300\n", "300.0");
    assert_reads_number(*state, "loss {number}/{number}", "loss 3/10\n", "3.0");
}

static void takes_the_part_that_is_a_number(void **state)
{
    assert_reads_number(*state, "(loss|cost): {number}", "cost: 0.5\n", "0.5");
    assert_reads_number(*state, "(info|warning) loss: {number}", "info loss: 0.5\n", "0.5");
    assert_reads_number(*state, "epoch {number} loss ([0-9.]+)", "epoch 1 loss 0.5\n", "0.5");
    assert_reads_number(*state, "[({]loss {number}", "(loss 0.5\n", "0.5");
    assert_reads_number(*state, "f1[^ ]*", "f1=0.75 x\n", "0.75");
    assert_reads_number(*state, "epoch[0-9]+", "epoch7\n", "7.0");
}

static void leaves_out_and_tells_a_number_that_it_cannot_read_whole(void **state)
{
    static const char *const outputs[] = {
        "loss: 0,53",      "loss: 1_000",        "loss: 1.2.3",      "loss: 1,5",      "loss: 1,23456",
        "loss: 1.5D-05",   "loss: 1.25d-05",     "loss: 1.5q+05",    "loss: 0.15-100", "loss: 1.234,5",
        "loss: 1'234.5",   "loss: 1\u00a0000.5", "loss: 1\u202f000", "loss: 1\240000", "loss: 1__0",
        "loss: 1,234.5_0", "loss: 0b1",          "loss: 0o7",        "loss: 1.#INF",   "loss: 1.#QNAN",
        "loss: 1e5e5",     "loss: 5h30m",        "loss: 1.5k",       "loss: 2M",       "loss: 1.5D-05x1'000"};
    static const char *const expressions[] = {"loss: ([0-9.]+)", "loss: {number}", "loss: [0-9.]+",
                                              "loss: (.*)"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 4 * sizeof outputs / sizeof *outputs; i++) {
        const char *const pairs[][2] = {{"m", expressions[i % 4]}};
        fixture_forget(fixture);
        struct value *metrics = new_metrics(pairs, 1);
        struct report_faults faults = {0};
        struct error err;
        put(fixture, outputs[i / 4]);
        assert_true(report_scan_output(fixture->history, fixture->path, metrics, &faults, &err));
        assert_history(fixture->history, "{}");
        assert_string_equal(faults.cut_metric, "m");
        assert_string_equal(faults.cut_text, outputs[i / 4]);
        value_unref(metrics);
    }
}

static void reads_a_number_before_its_unit_or_the_next_of_a_list(void **state)
{
    static const char *const outputs[][2] = {{"0.5s", "0.5"},
                                             {"12ms", "12.0"},
                                             {"93.5%", "93.5"},
                                             {"3.1it/s", "3.1"},
                                             {"512MB", "512.0"},
                                             {"0.5,0.6", "0.5"},
                                             {"0.512,0.634", "0.512"},
                                             {"0x1p3", "8.0"},
                                             {"3-10", "3.0"},
                                             {"0.5-0.7", "0.5"},
                                             {"7_x", "7.0"},
                                             {"1 000.5", "1.0"},
                                             {"'5'", NULL},
                                             {"5'", "5.0"},
                                             {"5#", "5.0"}};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        CLEANUP(memory_free) char *line = text_format("x: %s\n", outputs[i][0]);
        assert_reads_number(*state, "x: ([0-9.]+)", line, outputs[i][1]);
        assert_reads_number(*state, "x: {number}", line, outputs[i][1]);
    }
    assert_reads_number(*state, "x: {number}k", "x: 1.5k\n", "1.5");
    assert_reads_number(*state, "x: ([0-9]+)h", "x: 5h30m\n", "5.0");
    assert_reads_number(*state, "x: {number}x{number}", "x: 3x5\n", "3.0");
}

/* Where the expression does not say that a number ends, it goes on. */
static void takes_no_rest_of_a_number_that_it_cannot_read_whole(void **state)
{
    static const char *const numbers[] = {"1'234.5", "1.5D-05", "1\u00a0000.5", "\u22123", "1'234'567"};
    static const char *const expressions[] = {"([0-9.]+)$", "[0-9.]+",    "{number}",
                                              "loss: .*",   "loss: (.*)", "loss: .?([0-9.]+).*"};
    for (size_t i = 0; i < 5 * 6; i++) {
        CLEANUP(memory_free) char *line = text_format("loss: %s\nloss: 7\n", numbers[i / 6]);
        assert_reads_number(*state, expressions[i % 6], line, "7.0");
    }
    assert_reads_number(*state, ".*", "loss \u22123 of 5\nloss 7\n", "7.0");
    assert_reads_number(*state, "[0-9]+\u2212([0-9]+)", "3\u22125\n", "5.0");
}

static void tells_of_a_match_that_begins_within_a_word(void **state)
{
    static const char *const cases[][3] = {
        {"loss={number}", "loss=1 val_loss=2 best_loss=3\n", "val_loss=2 best_loss=3"},
        {"loss={number}", "loss=1 val loss=2 .loss=3\n", ""},
        {"\\bloss={number}", "loss=1 val_loss=2\n", ""},
        {"([0-9]+)", "epoch7\n", "epoch7"},
        {"loss={number}", "val_loss=1\n" HEADER "loss=1\n", ""},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const pairs[][2] = {{"m", cases[i][0]}};
        struct value *metrics = new_metrics(pairs, 1);
        struct report_faults faults = {0};
        struct error err;
        put(fixture, cases[i][1]);
        assert_true(report_scan_output(fixture->history, fixture->path, metrics, &faults, &err));
        assert_string_equal(faults.in_word_text, cases[i][2]);
        assert_string_equal(faults.in_word, cases[i][2][0] ? "m" : "");
        value_unref(metrics);
    }
}

static void takes_nothing_within_a_number_for_its_end(void **state)
{
    assert_reads_number(*state, "loss: ([0-9.]+),", "loss: 1,234.5\nloss: 7, x\n", "7.0");
    assert_reads_number(*state, "loss: ([0-9]+).", "loss: 1.5\nloss: 7.\n", "7.0");
}

static void does_not_see_colours(void **state)
{
    assert_reads_number(*state, "val_acc={number}", "\033[1;32mval_acc\033[0m=\033[31m0.7\033[0m\n", "0.7");
    assert_reads_number(*state, "val_acc={number}$", "\033]0;title\aval_acc=\033(B0.7\033[K\n", "0.7");
    assert_reads_number(*state, "^x={number}", "\033]8;;http://a\033\\x=2\033]8;;\033\\ \033\n", "2.0");
}

static void only_the_last_attempt_counts(void **state)
{
    assert_reads_number(*state, "m={number}", "m=1\nm=2\n" HEADER "m=3\n", "3.0");
    assert_reads_number(*state, "m={number}", "m=1\nm=2" HEADER "m=3\n", "3.0");
    assert_reads_number(*state, "m={number}", "m=1\n--- attempt two ---\nm=3\n", "1.0, 3.0");
    assert_reads_number(*state, "m={number}", "m=1\n" HEADER, NULL);
}

static void sees_what_follows_a_nul(void **state)
{
    struct fixture *fixture = *state;
    static const char *const pairs[][2] = {{"m", "m=([0-9])"}};
    struct value *metrics = new_metrics(pairs, 1);
    struct error err;
    put_bytes(fixture, "\0\0m=1\0m=2\n", 10);
    assert_true(report_scan_output(fixture->history, fixture->path, metrics, NULL, &err));
    assert_history(fixture->history, "{\"m\": [1.0, 2.0]}");
    value_unref(metrics);
}

static void searches_the_beginning_of_a_line_beyond_all_measure(void **state)
{
    struct text content = {0};
    text_add(&content, "m=1 ");
    for (int i = 0; i < 100000; i++)
        text_add(&content, "m=");
    text_add(&content, "2\nm=3\n");
    assert_scans(*state, "m=([0-9])", content.data, "{\"m\": [1.0, 3.0]}");
    text_free(&content);
}

static void finds_nothing_where_there_is_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    assert_true(report_scan_output(fixture->history, fixture->path, NULL, NULL, &err));
    assert_history(fixture->history, "{}");
}

static void refuses_a_bad_expression_by_name(void **state)
{
    struct fixture *fixture = *state;
    static const char *const pairs[][2] = {{"good", "x"}, {"loss", "loss=("}};
    struct value *metrics = new_metrics(pairs, 2);
    struct error err;
    assert_false(report_scan_output(fixture->history, fixture->path, metrics, NULL, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.text, "meta.metrics.loss: Unmatched ("));
    value_unref(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(finds_two_metrics_each_by_its_count),
        fixture_test(takes_the_number_of_a_match_without_a_group),
        fixture_test(takes_every_match_of_a_line),
        fixture_test(takes_the_line_start_for_what_it_is),
        fixture_test(ends_lines_at_carriage_returns_too),
        fixture_test(leaves_out_a_match_that_is_no_number),
        fixture_test(gets_past_empty_matches),
        fixture_test(reads_each_number_that_c_and_python_print),
        fixture_test(reads_a_number_whole_where_the_match_ends_within_it),
        fixture_test(reads_a_number_whole_where_the_match_begins_within_it),
        fixture_test(ends_a_number_where_the_expression_goes_on),
        fixture_test(takes_the_part_that_is_a_number),
        fixture_test(leaves_out_and_tells_a_number_that_it_cannot_read_whole),
        fixture_test(takes_nothing_within_a_number_for_its_end),
        fixture_test(tells_of_a_match_that_begins_within_a_word),
        fixture_test(reads_a_number_before_its_unit_or_the_next_of_a_list),
        fixture_test(takes_no_rest_of_a_number_that_it_cannot_read_whole),
        fixture_test(does_not_see_colours),
        fixture_test(only_the_last_attempt_counts),
        fixture_test(sees_what_follows_a_nul),
        fixture_test(searches_the_beginning_of_a_line_beyond_all_measure),
        fixture_test(finds_nothing_where_there_is_nothing),
        fixture_test(refuses_a_bad_expression_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
