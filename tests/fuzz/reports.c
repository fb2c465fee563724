/* The bytes of metrics.jsonl, and of a program's output: what is read is the same each time, is within its
 * bounds, and can be written and read again. */
#include "fuzz.h"

#include <math.h>

#include "report/report.h"

/* How many values all curves may have. */
static size_t count_values(struct history *history)
{
    size_t steps;
    history_steps(history, &steps);
    return (steps + 1) * history_metric_count(history);
}

/* What is read off a metric is on its curve. */
static void check_last_and_best(struct history *history, const char *name, const double *values, size_t count)
{
    double last = 0, best = 0;
    int64_t step;
    REQUIRE(count > 0 && history_last(history, name, &last));
    REQUIRE(last == values[count - 1] || (last != last && values[count - 1] != values[count - 1]));
    bool is_best = history_best(history, name, true, &step, &best);
    REQUIRE(!is_best || (step >= 0 && step <= history_last_step(history)));
    for (size_t i = 0; i < count; i++)
        REQUIRE(!(values[i] < INFINITY && values[i] > -INFINITY) || (is_best && values[i] <= best));
}

static void check_metric(struct history *history, size_t i, const struct value *list, const char *key)
{
    size_t count;
    const char *name = history_metric_name(history, i);
    const double *values = history_values(history, name, &count);
    REQUIRE(strcmp(key, name) == 0);
    REQUIRE(value_count(list) == count);
    check_last_and_best(history, name, values, count);
    for (size_t step = 0; step < count; step++) {
        double again = value_float(value_item(list, step));
        REQUIRE(again == values[step] || (again != again && values[step] != values[step]));
    }
}

/* A long history is left, since it says no more than a short one. */
static void check_history(struct history *history)
{
    enum { most = 100000 };
    CLEANUP(text_free) struct text json = {0};
    struct error err = {0};
    if (count_values(history) > most || history_metric_count(history) == 0)
        return;
    history_add_json(history, &json);
    CLEANUP(value_cleanup) struct value *written = config_parse("history.json", json.data, json.len, &err);
    if (!written)
        fprintf(stderr, "%s\n%s\n", err.text, json.data);
    size_t steps, all = history_metric_count(history);
    bool has_steps = history_steps(history, &steps);
    REQUIRE(written && value_count(written) == all + has_steps);
    for (size_t i = 0; i < all; i++)
        check_metric(history, i, value_item(written, has_steps + i), value_key(written, has_steps + i));
}

static void check_reports(const char *path)
{
    struct error err = {0};
    struct history *history = history_create();
    struct report_faults faults = {0};
    int64_t last = 0;
    REQUIRE(history_read(history, path, 0, &faults, &err) && report_last_step(path, 0, &last, &err));
    REQUIRE(last >= 0 && (last == 0 || last == history_last_step(history)));
    REQUIRE((faults.lines > 0) == (faults.first_line > 0) && (faults.lines == 0 || faults.why));
    check_history(history);
    history_destroy(history);
}

static void check_output(const char *path, const struct value *metrics)
{
    struct error err = {0};
    struct history *history = history_create();
    struct report_faults faults = {0};
    REQUIRE(report_scan_output(history, path, metrics, &faults, &err));
    REQUIRE(!faults.cut_text[0] || faults.cut_metric[0]);
    check_history(history);
    history_destroy(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char expressions[] =
        "{loss: 'loss[=: ]+([-+.0-9eEa-zA-Z]+)', any: '[0-9.]+', 'empty': 'x*', last: '(q)?$', "
        "number: '(a|loss)?{number}', inner: '.*([0-9])', bounded: '([0-9]+),'}";
    static struct value *metrics;
    struct error err;
    if (!metrics)
        metrics = config_parse("metrics", expressions, strlen(expressions), &err);
    REQUIRE(metrics);
    const char *path = fuzz_put_file(bytes, len);
    check_reports(path);
    check_output(path, metrics);
    return 0;
}
