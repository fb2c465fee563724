#include "report_fixture.h"

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
    assert_true(report_scan_output(fixture->history, fixture->path, metrics, &err));
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
    assert_true(report_scan_output(fixture->history, fixture->path, metrics, &err));
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
    assert_scans(*state, "^([0-9])", "12\n3\n", "{\"m\": [1.0, 3.0]}");
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
    assert_scans(*state, "([0-9]*)", "a1b22\n", "{\"m\": [1.0, 22.0]}");
}

static void sees_what_follows_a_nul(void **state)
{
    struct fixture *fixture = *state;
    static const char *const pairs[][2] = {{"m", "m=([0-9])"}};
    struct value *metrics = new_metrics(pairs, 1);
    struct error err;
    put_bytes(fixture, "\0\0m=1\0m=2\n", 10);
    assert_true(report_scan_output(fixture->history, fixture->path, metrics, &err));
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
    assert_true(report_scan_output(fixture->history, fixture->path, NULL, &err));
    assert_history(fixture->history, "{}");
}

static void refuses_a_bad_expression_by_name(void **state)
{
    struct fixture *fixture = *state;
    static const char *const pairs[][2] = {{"good", "x"}, {"loss", "loss=("}};
    struct value *metrics = new_metrics(pairs, 2);
    struct error err;
    assert_false(report_scan_output(fixture->history, fixture->path, metrics, &err));
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
        fixture_test(sees_what_follows_a_nul),
        fixture_test(searches_the_beginning_of_a_line_beyond_all_measure),
        fixture_test(finds_nothing_where_there_is_nothing),
        fixture_test(refuses_a_bad_expression_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
