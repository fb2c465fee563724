/* What a run of a wrapped program came to: times, the last value of each metric, the number of steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "run/results.h"

struct results_fixture {
    char folder[64];
    struct run run;
    struct history *history;
};

static int set_up(void **state)
{
    struct results_fixture *fixture = memory_new(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/furcate-results-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->run = (struct run){.name = (char *)"example0", .directory = fixture->folder};
    fixture->history = history_create();
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"metrics.jsonl", "example0.log", "example0.err"};
    struct results_fixture *fixture = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CLEANUP(memory_free) char *path = file_join(fixture->folder, names[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
    history_destroy(fixture->history);
    free(fixture);
    return 0;
}

static void write_in_run(const struct results_fixture *fixture, const char *name, const char *text)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(fixture->folder, name);
    assert_true(folder_write_path(path, text, strlen(text), &err));
}

static struct value *expressions(const char *name, const char *expression)
{
    struct value *metrics = value_new_object();
    value_object_set(metrics, name, value_new_string(expression, strlen(expression)));
    return metrics;
}

static void report(const struct results_fixture *fixture, int64_t step, const char *name, double value)
{
    struct report_metric metric = {name, value};
    history_add(fixture->history, step, &metric, 1);
}

static void check_data(const struct value *data, const char *expected)
{
    CLEANUP(text_free) struct text json = {0};
    value_add_json(&json, data);
    assert_string_equal(text_get(&json), expected);
}

#define TIMES                                                                                                \
    "\"start_time\": 0.5, \"start_time_string\": \"1970-01-01 00:00:00\", \"end_time\": 3662.0, "            \
    "\"end_time_string\": \"1970-01-01 01:01:02\", \"total_time\": 3661.5, \"total_time_string\": \"1h 1m "  \
    "1s\""

static const struct config_objective no_objective;
static const struct attempt_end end = {.start_time = 0.5, .end_time = 3662, .seconds = 3661.5};

static void tells_the_times_when_nothing_was_reported(void **state)
{
    (void)state;
    CLEANUP(value_cleanup) struct value *data = results_data(&end, NULL, &no_objective, NULL);
    check_data(data, "{" TIMES "}");
}

static void keeps_the_last_value_of_each_metric_under_its_own_name(void **state)
{
    const struct results_fixture *fixture = *state;
    report(fixture, 1, "accuracy", 0.25);
    report(fixture, 1, "val_accuracy", 0.125);
    report(fixture, 2, "accuracy", 0.75);
    report(fixture, 2, "val_accuracy", 0.5);
    report(fixture, 2, "reward", 12.5);
    CLEANUP(value_cleanup) struct value *data = results_data(&end, fixture->history, &no_objective, NULL);
    check_data(data,
               "{" TIMES ", \"accuracy\": 0.75, \"val_accuracy\": 0.5, \"reward\": 12.5, \"epochs\": 2}");
}

static void a_metric_does_not_replace_what_furcate_keeps_itself(void **state)
{
    const struct results_fixture *fixture = *state;
    struct report_faults faults = {0};
    report(fixture, 1, "loss", 0.5);
    report(fixture, 1, "epochs", 7);
    CLEANUP(value_cleanup) struct value *data = results_data(&end, fixture->history, &no_objective, &faults);
    check_data(data, "{" TIMES ", \"loss\": 0.5, \"metric_epochs\": 7.0, \"epochs\": 1}");
    assert_string_equal(faults.renamed.items[0], "epochs");
}

static void keeps_the_best_step_where_the_objective_asks_for_it(void **state)
{
    const struct results_fixture *fixture = *state;
    const struct config_objective least = {"run_val_loss", false, true}, most = {"train_acc", true, true};
    struct report_faults faults = {0};
    report(fixture, 1, "val_loss", 0.5);
    report(fixture, 2, "val_loss", 0.125);
    report(fixture, 3, "val_loss", 0.75);
    report(fixture, 2, "acc", 1);
    report(fixture, 3, "acc", NAN);
    report(fixture, 3, "best_val_loss", 9);
    CLEANUP(value_cleanup) struct value *data = results_data(&end, fixture->history, &least, &faults);
    check_data(data, "{" TIMES ", \"val_loss\": 0.75, \"acc\": NaN, \"metric_best_val_loss\": 9.0, "
                     "\"best_val_loss\": 0.125, \"best_val_loss_step\": 2, \"epochs\": 3}");
    assert_string_equal(faults.renamed.items[0], "best_val_loss");
    CLEANUP(value_cleanup) struct value *other = results_data(&end, fixture->history, &most, NULL);
    check_data(other, "{" TIMES ", \"val_loss\": 0.75, \"acc\": NaN, \"best_val_loss\": 9.0, "
                      "\"best_train_acc\": 1.0, \"best_train_acc_step\": 2, \"epochs\": 3}");
}

static void a_run_that_diverged_at_once_has_no_best_step(void **state)
{
    const struct results_fixture *fixture = *state;
    const struct config_objective least = {"loss", false, true};
    report(fixture, 1, "loss", NAN);
    report(fixture, 2, "loss", -INFINITY);
    CLEANUP(value_cleanup) struct value *data = results_data(&end, fixture->history, &least, NULL);
    check_data(data, "{" TIMES ", \"loss\": -Infinity, \"epochs\": 2}");
}

static void knows_a_metric_by_either_of_its_names(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        bool is_there;
    } cases[] = {{"loss", true},      {"run_loss", true},  {"train_loss", true},
                 {"acc", true},       {"train_acc", true}, {"lr", true},
                 {"val_loss", false}, {"run_lr", true},    {"train_lr", false}};
    struct error err;
    CLEANUP(value_cleanup) struct value *data = config_parse("data", "{loss: 1, train_acc: 2}", 23, &err);
    CLEANUP(value_cleanup) struct value *keys = config_parse("keys", "{lr: 0.1}", 9, &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (results_have(data, keys, cases[i].metric) != cases[i].is_there)
            fail_msg("%s", cases[i].metric);
}

static void reads_the_reports_and_both_outputs(void **state)
{
    const struct results_fixture *fixture = *state;
    struct error err;
    write_in_run(fixture, "metrics.jsonl", "{\"step\": 1, \"loss\": 2.5}\n{\"step\": 2, \"loss\": 1.5}\n");
    write_in_run(fixture, "example0.log", "score: 3\nscore: 4\n");
    CLEANUP(value_cleanup) struct value *metrics = expressions("score", "score: ([0-9]+)");
    assert_true(results_read(fixture->history, &fixture->run, metrics, NULL, &err));
    size_t count = 0;
    const double *values = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 2);
    assert_float_equal(values[1], 1.5, 0);
    values = history_values(fixture->history, "score", &count);
    assert_int_equal(count, 2);
    assert_float_equal(values[1], 4, 0);
}

static void finds_an_expression_in_stderr_too(void **state)
{
    const struct results_fixture *fixture = *state;
    struct error err;
    write_in_run(fixture, "example0.log", "");
    write_in_run(fixture, "example0.err", "score: 7\n");
    CLEANUP(value_cleanup) struct value *metrics = expressions("score", "score: ([0-9]+)");
    assert_true(results_read(fixture->history, &fixture->run, metrics, NULL, &err));
    size_t count = 0;
    const double *values = history_values(fixture->history, "score", &count);
    assert_int_equal(count, 1);
    assert_float_equal(values[0], 7, 0);
}

static void leaves_out_what_is_not_there(void **state)
{
    const struct results_fixture *fixture = *state;
    struct error err;
    CLEANUP(value_cleanup) struct value *metrics = expressions("score", "score: ([0-9]+)");
    assert_true(results_read(fixture->history, &fixture->run, metrics, NULL, &err));
    assert_int_equal(history_metric_count(fixture->history), 0);
    CLEANUP(value_cleanup) struct value *data = results_data(&end, fixture->history, &no_objective, NULL);
    check_data(data, "{" TIMES "}");
}

static void tells_what_cannot_be_read(void **state)
{
    const struct results_fixture *fixture = *state;
    struct error err;
    CLEANUP(memory_free) char *path = file_join(fixture->folder, "metrics.jsonl");
    write_in_run(fixture, "example0.log", "score 7\n");
    assert_int_equal(mkdir(path, 0777), 0);
    CLEANUP(value_cleanup) struct value *metrics = expressions("score", "score ([0-9]+)");
    assert_true(results_has_metrics(&fixture->run, NULL));
    assert_false(results_read(fixture->history, &fixture->run, metrics, NULL, &err));
    assert_non_null(strstr(err.text, "metrics.jsonl: it is not a regular file"));
    assert_int_equal(history_metric_count(fixture->history), 1); /* what can be read is there */
    rmdir(path);
    CLEANUP(memory_free) char *no_folder = file_join(fixture->folder, "example0.log");
    assert_true(results_has_metrics(&(struct run){.directory = no_folder}, NULL));
}

static void has_metrics_when_there_are_reports_or_expressions(void **state)
{
    const struct results_fixture *fixture = *state;
    CLEANUP(value_cleanup) struct value *none = value_new_object();
    CLEANUP(value_cleanup) struct value *one = expressions("score", "score");
    assert_false(results_has_metrics(&fixture->run, NULL));
    assert_false(results_has_metrics(&fixture->run, none));
    assert_true(results_has_metrics(&fixture->run, one));
    write_in_run(fixture, "metrics.jsonl", "");
    assert_true(results_has_metrics(&fixture->run, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_the_times_when_nothing_was_reported),
        TEST(keeps_the_last_value_of_each_metric_under_its_own_name),
        TEST(keeps_the_best_step_where_the_objective_asks_for_it),
        TEST(a_run_that_diverged_at_once_has_no_best_step),
        TEST(knows_a_metric_by_either_of_its_names),
        TEST(a_metric_does_not_replace_what_furcate_keeps_itself),
        TEST(reads_the_reports_and_both_outputs),
        TEST(finds_an_expression_in_stderr_too),
        TEST(leaves_out_what_is_not_there),
        TEST(tells_what_cannot_be_read),
        TEST(has_metrics_when_there_are_reports_or_expressions),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
