#include <math.h>

#include "report_fixture.h"

static void comes_back_as_it_was_written(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    size_t count;
    struct report_faults faults = {0};
    struct report_metric first[] = {{"loss", 0.1}, {"odd \"name\" é\\", 1e-300}};
    struct report_metric second[] = {{"loss", 1.0 / 3}, {"val_loss", -0.0}};
    assert_true(report_write(fixture->path, 1, first, 2, &err));
    assert_true(report_write(fixture->path, 2, second, 2, &err));
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_int_equal(faults.lines, 0);
    const double *loss = history_values(fixture->history, "loss", &count);
    assert_int_equal(count, 2);
    assert_true(loss[0] == 0.1 && loss[1] == 1.0 / 3);
    assert_true(history_values(fixture->history, "odd \"name\" é\\", &count)[0] == 1e-300);
    assert_true(signbit(history_values(fixture->history, "val_loss", &count)[1]));
}

static void writes_one_json_object_a_line(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct text content = {0};
    assert_true(report_write(fixture->path, 3, &(struct report_metric){"accuracy", 0.91}, 1, &err));
    assert_true(file_read(fixture->path, &content, &err));
    assert_memory_equal(content.data, "{\"step\": 3, \"time\": ", 20);
    char *rest;
    assert_true(strtod(content.data + 20, &rest) > 1e9);
    assert_string_equal(rest, ", \"accuracy\": 0.91}\n");
    text_free(&content);
}

static void keeps_what_is_not_finite(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct report_faults faults = {0};
    struct report_metric metrics[] = {{"a", NAN}, {"b", INFINITY}, {"c", -INFINITY}};
    assert_true(report_write(fixture->path, 1, metrics, 3, &err));
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_int_equal(faults.lines, 0);
    assert_history(fixture->history, "{\"a\": [NaN], \"b\": [Infinity], \"c\": [-Infinity]}");
}

static void begins_a_new_line_after_a_torn_one(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    struct report_faults faults = {0};
    put(fixture, "{\"step\": 1, \"lo");
    assert_true(report_write(fixture->path, 2, &(struct report_metric){"loss", 0.5}, 1, &err));
    assert_true(history_read(fixture->history, fixture->path, 0, &faults, &err));
    assert_int_equal(faults.lines, 1);
    assert_history(fixture->history, "{\"loss\": [NaN, 0.5]}");
}

static void refuses_the_names_that_reports_have_themselves(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    assert_false(report_write(fixture->path, 1, &(struct report_metric){"step", 1}, 1, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_non_null(strstr(err.text, "cannot be called 'step'"));
}

static void names_a_file_that_cannot_be_written(void **state)
{
    struct fixture *fixture = *state;
    struct error err;
    char *path = file_join(fixture->path, "metrics.jsonl");
    assert_false(report_write(path, 1, NULL, 0, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_non_null(strstr(err.text, path));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(comes_back_as_it_was_written),
        fixture_test(writes_one_json_object_a_line),
        fixture_test(keeps_what_is_not_finite),
        fixture_test(begins_a_new_line_after_a_torn_one),
        fixture_test(refuses_the_names_that_reports_have_themselves),
        fixture_test(names_a_file_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
