#include "fixture.h"

static void refuses_a_malformed_expression_where_it_stands(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"meta\": {\"metrics\": {\"a\": \"x\", \"loss\": \"loss: ([0-9.]+\"}}}",
         "1:41: error: 'meta.metrics.loss' is no POSIX extended regular expression: Unmatched ( or \\("},
        {"{\"meta\": {\"metrics\": {\"loss\": '\\d+'}}}", "it has no \\d; write [0-9]"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void refuses_metrics_that_cannot_be_a_column(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"meta\": {\"metrics\": {\"epochs\": \"x\"}}}",
         "1:23: error: 'epochs' cannot be a metric: run_data.csv has this column already; rename it"},
        {"{\"meta\": {\"metrics\": {\"total_time\": \"x\"}}}", "'total_time' cannot be a metric"},
        {"{\"meta\": {\"metrics\": {\"time\": \"x\"}}}",
         "'time' cannot be a metric: every report has this key already; rename it"},
        {"{\"meta\": {\"metrics\": {\"\": \"x\"}}}", "'' cannot be a metric: it is empty; give it a name"},
        {"{\"meta\": {\"metrics\": {\"a\\nb\": \"x\"}}}", "holds a control character; rename it"},
        {"{\"meta\": {\"metrics\": {\"a\": \"\"}}}", "'meta.metrics' must be an object of names and regular"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void warns_of_an_expression_that_finds_no_number(void **state)
{
    (void)state;
    static const char *const words[] = {"loss", "loss:", "val_loss = ", "^loss$", "loss, accuracy", "step/s"};
    for (size_t i = 0; i < COUNT(words); i++) {
        CLEANUP(memory_free) char *text = text_format("meta: {metrics: {loss: \"%s\"}}", words[i]);
        CLEANUP(memory_free)
        char *said = text_format("config.json:1:24: warning: 'meta.metrics.loss' finds no number, since it "
                                 "matches nothing but \"%s\"; write where the number is, as in "
                                 "\"loss: {number}\"\n",
                                 words[i]);
        struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
        assert_non_null(fixture.config);
        assert_true(fixture_said(&fixture, said));
        fixture_close(&fixture);
    }
}

static void takes_an_expression_that_may_find_a_number(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "loss=.*",   "loss: {number}", "loss ([0-9.]+)", "loss [0-9]+", "loss .",
        "loss 5",    "loss=-",         "loss=i",         "loss: nan",   "info",
        "loss=\\S+", "loss|.",         "(loss)?",        "^",           "(loss)"};
    for (size_t i = 0; i < COUNT(expressions); i++) {
        CLEANUP(memory_free) char *text = text_format("meta: {metrics: {loss: '%s'}}", expressions[i]);
        struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
        assert_string_equal(text_get(&fixture.said), "");
        fixture_close(&fixture);
    }
}

static void warns_of_an_objective_that_is_a_slip_of_the_pen(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"meta\": {\"metrics\": {\"accuracy\": \"x\"},\n\"objective\": "
                                          "{\"metric\": \"acuracy\", \"mode\": \"max\"}}}",
                                          CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    assert_true(fixture_said(&fixture, "2:25: warning: 'meta.objective.metric' is \"acuracy\", which "
                                       "meta.metrics does not name; did you mean \"accuracy\"?"));
    fixture_close(&fixture);
}

static void takes_other_objectives_as_they_are(void **state)
{
    (void)state;
    static const char *const names[] = {"accuracy", "train_accuracy", "run_accuracy", "val_accuracy",
                                        "reward"};
    for (size_t i = 0; i < COUNT(names); i++) {
        CLEANUP(memory_free)
        char *text = text_format(
            "{meta: {metrics: {accuracy: \"{number}\"}, objective: {metric: %s, mode: max}}}", names[i]);
        struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
        assert_string_equal(text_get(&fixture.said), "");
        fixture_close(&fixture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_malformed_expression_where_it_stands),
        cmocka_unit_test(refuses_metrics_that_cannot_be_a_column),
        cmocka_unit_test(warns_of_an_expression_that_finds_no_number),
        cmocka_unit_test(takes_an_expression_that_may_find_a_number),
        cmocka_unit_test(warns_of_an_objective_that_is_a_slip_of_the_pen),
        cmocka_unit_test(takes_other_objectives_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
