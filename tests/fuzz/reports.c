/* The bytes of metrics.jsonl, and of a program's output: what is read is the same each time, is within its
 * bounds, and can be written and read again. */
#include "fuzz.h"

#include "report/report.h"

static size_t count_values(const struct history *history)
{
    size_t all = 0;
    for (size_t i = 0; i < history_metric_count(history); i++) {
        size_t count;
        const double *values = history_values(history, history_metric_name(history, i), &count);
        REQUIRE(count <= 10000000 && (values || count == 0));
        all += count;
    }
    REQUIRE(all <= 64 << 20);
    return all;
}

static void check_metric(const struct history *history, size_t i, const struct value *written)
{
    size_t count;
    const char *name = history_metric_name(history, i);
    const double *values = history_values(history, name, &count);
    REQUIRE(strcmp(value_key(written, i), name) == 0);
    const struct value *list = value_item(written, i);
    REQUIRE(value_count(list) == count);
    for (size_t step = 0; step < count; step++) {
        double again = value_float(value_item(list, step));
        REQUIRE(again == values[step] || (again != again && values[step] != values[step]));
    }
}

/* A long history is left, since it says no more than a short one. */
static void check_history(const struct history *history)
{
    enum { most = 1000 };
    CLEANUP(text_free) struct text json = {0};
    struct error err = {0};
    if (count_values(history) > most || history_metric_count(history) == 0)
        return;
    history_add_json(history, &json);
    CLEANUP(value_cleanup) struct value *written = config_parse("history.json", json.data, json.len, &err);
    if (!written)
        fprintf(stderr, "%s\n%s\n", err.text, json.data);
    REQUIRE(written && value_count(written) == history_metric_count(history));
    for (size_t i = 0; i < value_count(written); i++)
        check_metric(history, i, written);
}

static void check_reports(const char *path)
{
    struct error err = {0};
    struct history *history = history_create();
    size_t skipped;
    REQUIRE(history_read(history, path, &skipped, &err));
    check_history(history);
    history_destroy(history);
}

static void check_output(const char *path, const struct value *metrics)
{
    struct error err = {0};
    struct history *history = history_create();
    REQUIRE(report_scan_output(history, path, metrics, &err));
    check_history(history);
    history_destroy(history);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char expressions[] =
        "{loss: 'loss[=: ]+([-+.0-9eEa-zA-Z]+)', any: '[0-9.]+', 'empty': 'x*', last: '(q)?$'}";
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
