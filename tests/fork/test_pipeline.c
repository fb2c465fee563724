#include "methods.h"
#include "sandbox.h"

#include "config/config.h"

/* meta.data of run_data.json; value_unref() *whole. */
static const struct value *read_data(struct sandbox *sandbox, struct value **whole)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, "run/run_data.json");
    *whole = config_parse_file(path, &err);
    assert_non_null(*whole);
    return value_get(value_get(*whole, "meta"), "data");
}

static bool say_gpus(struct furcate_fork *fork)
{
    (void)fork;
    puts("set_visible_gpus");
    return true;
}

static bool say_filepaths(struct furcate_fork *fork, struct furcate_filepaths *filepaths)
{
    (void)fork, (void)filepaths;
    puts("get_filepaths");
    return true;
}

static void *say_callbacks(struct furcate_fork *fork)
{
    (void)fork;
    puts("get_callbacks");
    return NULL;
}

static bool say_save(struct furcate_fork *fork, struct furcate_results *results, void *history,
                     const char *metric)
{
    (void)fork, (void)results;
    printf("save_metric %s%s\n", metric, history ? " of another history" : "");
    return true;
}

static bool say_plot(struct furcate_fork *fork, void *history, const char *metric)
{
    (void)fork, (void)history;
    printf("plot_metric %s\n", metric);
    return true;
}

static bool say_history(struct furcate_fork *fork, void *history, FILE *out)
{
    (void)fork, (void)history;
    puts("save_history");
    return fputs("mine\n", out) >= 0;
}

static void calls_the_methods_in_order(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.set_visible_gpus = say_gpus;
    ops.get_filepaths = say_filepaths;
    ops.get_callbacks = say_callbacks;
    ops.save_metric = say_save;
    ops.plot_metric = say_plot;
    ops.save_history = say_history;

    sandbox_run(sandbox, &ops, "");
    assert_string_equal(text_get(&sandbox->errors), "");
    assert_int_equal(sandbox->status, 0);
    assert_string_equal(
        text_get(&sandbox->log),
        "set_visible_gpus\nget_filepaths\nget_datasets 0 0 0\nget_model\nmodel_summary\nget_metrics\n"
        "get_optimizer\nget_loss\nmodel_compile accuracy\nget_callbacks\nmodel_fit 3 2\nmodel_save\n"
        "model_evaluate\nsave_metric accuracy\nplot_metric accuracy\nsave_metric loss\n"
        "plot_metric loss\nsave_history\nrelease model\n");
    CLEANUP(memory_free) char *history = sandbox_read(sandbox, "run/history.json");
    assert_string_equal(history, "mine\n");
}

static void does_without_what_a_plain_training_loop_has_no_use_for(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_metrics = NULL;
    ops.get_optimizer = ops.get_loss = NULL;
    ops.model_compile = NULL;
    ops.model_summary = NULL;
    ops.save_metric = say_save;

    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 0);
    assert_has(text_get(&sandbox->log),
               "get_datasets 2 1 1\nget_model\nmodel_fit 3 2\nmodel_save\nmodel_evaluate\nsave_metric "
               "loss\nrelease");
}

static void assert_number(const struct value *data, const char *key, double number)
{
    const struct value *value = value_get(data, key);
    assert_non_null(value);
    assert_float_equal(value_float(value), number, 1e-9);
}

static void keeps_the_results_in_their_order(void **state)
{
    static const char *const keys[] = {"start_time",      "start_time_string", "end_time",
                                       "end_time_string", "total_time",        "total_time_string",
                                       "results",         "test_loss",         "test_accuracy",
                                       "train_accuracy",  "val_accuracy",      "train_loss",
                                       "val_loss",        "best_accuracy",     "best_accuracy_step",
                                       "epochs"};
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(value_cleanup) struct value *whole = NULL;

    sandbox_run(sandbox, &ops, "");
    const struct value *data = read_data(sandbox, &whole);
    assert_int_equal(value_count(data), sizeof keys / sizeof *keys);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_string_equal(value_key(data, i), keys[i]);
    assert_number(data, "test_loss", 0.5);
    assert_number(data, "test_accuracy", 0.875);
    assert_number(data, "train_accuracy", 1);
    assert_number(data, "val_accuracy", 0.125);
    assert_number(data, "val_loss", 2);
    assert_number(data, "best_accuracy", 0.5);
    assert_number(data, "best_accuracy_step", 1);
    assert_number(data, "epochs", 3);
    const struct value *results = value_get(data, "results");
    assert_int_equal(value_count(results), 2);
    assert_float_equal(value_float(value_item(results, 1)), 0.875, 0);
    double start = value_float(value_get(data, "start_time")), end = value_float(value_get(data, "end_time"));
    assert_true(start > 1.6e9 && end >= start);
    assert_float_equal(value_float(value_get(data, "total_time")), (end - start), 1e-6);
    assert_int_equal(strlen(value_text(value_get(data, "end_time_string"))), strlen("2020-12-02 16:04:33"));
}

static void run_data_is_the_permutation_with_its_identity(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(value_cleanup) struct value *whole = NULL;

    sandbox_run(sandbox, &ops, ", \"layers\": [64, 32]");
    read_data(sandbox, &whole);
    assert_string_equal(value_text(value_get(whole, "learning_rate")), "0.001");
    assert_int_equal(value_count(value_get(whole, "layers")), 2);
    assert_string_equal(value_text(value_get(value_get(value_get(whole, "meta"), "run"), "name")),
                        "example3");
}

static void reports_go_to_metrics_and_history(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();

    sandbox_run(sandbox, &ops, "");
    CLEANUP(memory_free) char *metrics = sandbox_read(sandbox, "run/metrics.jsonl");
    assert_has(metrics, "\"step\": 3");
    assert_has(metrics, "\"val_accuracy\": 0.125");
    CLEANUP(memory_free) char *history = sandbox_read(sandbox, "run/history.json");
    assert_has(history, "\"accuracy\": [0.5, 0.75, 1");
    assert_has(history, "\"val_loss\": [2");
}

static void plots_each_metric_and_the_loss(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();

    sandbox_run(sandbox, &ops, "");
    assert_string_equal(text_get(&sandbox->errors), "");
    assert_true(sandbox_has(sandbox, "run/accuracy.jpg"));
    assert_true(sandbox_has(sandbox, "run/loss.jpg"));
}

static void without_gnuplot_says_so_once_and_goes_on(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *path = memory_copy_text(getenv("PATH"));

    setenv("PATH", sandbox->folder, 1);
    sandbox_run(sandbox, &ops, "");
    setenv("PATH", path, 1);
    assert_int_equal(sandbox->status, 0);
    assert_true(sandbox_has(sandbox, "run/run_data.json"));
    assert_has(text_get(&sandbox->errors), "furcate: example3: no plots: ");
    assert_null(strstr(strchr(text_get(&sandbox->errors), '\n') + 1, "\n"));
}

static bool get_train_only(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                           struct furcate_datasets *datasets)
{
    (void)fork, (void)filepaths;
    datasets->train = &made_train;
    datasets->valid = &made_valid;
    return true;
}

static void without_a_test_set_nothing_is_evaluated(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(value_cleanup) struct value *whole = NULL;
    ops.get_datasets = get_train_only;
    ops.model_evaluate = NULL;

    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 0);
    const struct value *data = read_data(sandbox, &whole);
    assert_null(value_get(data, "results"));
    assert_non_null(value_get(data, "train_loss"));
}

static void summary_needs_a_verbose_of_one(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    replace(config, "\"verbose\": 2", "\"verbose\": 0");

    sandbox_run_text(sandbox, &ops, config);
    assert_int_equal(sandbox->status, 0);
    assert_has(text_get(&sandbox->log), "model_fit 3 0");
    assert_null(strstr(text_get(&sandbox->log), "model_summary"));
}

static const char *const *get_misspelt_metrics(struct furcate_fork *fork)
{
    static const char *const metrics[] = {"acuracy", "loss", NULL};
    (void)fork;
    return metrics;
}

static void a_metric_never_reported_is_a_warning(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_metrics = get_misspelt_metrics;

    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 0);
    assert_string_equal(text_get(&sandbox->errors),
                        "furcate: example3: the metric 'acuracy' was never reported: give its name to "
                        "furcate_report()\n");
}

static const char *const *get_loss_first(struct furcate_fork *fork)
{
    static const char *const metrics[] = {"loss", "accuracy", NULL};
    (void)fork;
    return metrics;
}

static void a_loss_that_is_listed_is_kept_once(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_metrics = get_loss_first;
    ops.save_metric = say_save;

    sandbox_run(sandbox, &ops, "");
    assert_has(text_get(&sandbox->log), "model_evaluate\nsave_metric loss\nsave_metric accuracy\nrelease");
}

static void print_gpu(struct furcate_fork *fork, void *model)
{
    (void)model;
    printf("gpu %d, CUDA '%s', order '%s'\n", furcate_gpu_id(fork), getenv("CUDA_VISIBLE_DEVICES"),
           getenv("CUDA_DEVICE_ORDER"));
    printf("random %ld %d\n", lrand48(), rand());
}

static void shows_the_run_its_gpu_and_seeds_the_generators(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    replace(config, "\"gpu_id\": -1", "\"gpu_id\":  5");
    ops.model_summary = print_gpu;

    srand48(42);
    srand(42);
    CLEANUP(memory_free)
    char *wanted = text_format("gpu 5, CUDA '5', order 'PCI_BUS_ID'\nrandom %ld %d\n", lrand48(), rand());
    sandbox_run_text(sandbox, &ops, config);
    assert_has(text_get(&sandbox->log), wanted);
}

static void another_seed_gives_other_numbers(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    replace(config, "\"seed\": 42", "\"seed\": 43");
    ops.model_summary = print_gpu;

    srand48(42);
    CLEANUP(memory_free) char *other = text_format("random %ld", lrand48());
    sandbox_run_text(sandbox, &ops, config);
    assert_has(text_get(&sandbox->log), "random ");
    assert_null(strstr(text_get(&sandbox->log), other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SANDBOX(calls_the_methods_in_order),
        IN_SANDBOX(does_without_what_a_plain_training_loop_has_no_use_for),
        IN_SANDBOX(keeps_the_results_in_their_order),
        IN_SANDBOX(run_data_is_the_permutation_with_its_identity),
        IN_SANDBOX(reports_go_to_metrics_and_history),
        IN_SANDBOX(plots_each_metric_and_the_loss),
        IN_SANDBOX(without_gnuplot_says_so_once_and_goes_on),
        IN_SANDBOX(without_a_test_set_nothing_is_evaluated),
        IN_SANDBOX(summary_needs_a_verbose_of_one),
        IN_SANDBOX(a_metric_never_reported_is_a_warning),
        IN_SANDBOX(a_loss_that_is_listed_is_kept_once),
        IN_SANDBOX(shows_the_run_its_gpu_and_seeds_the_generators),
        IN_SANDBOX(another_seed_gives_other_numbers),
    };
    return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}
