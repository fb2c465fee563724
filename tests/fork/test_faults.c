/* What goes wrong after the training loses nothing of it. */
#include "methods.h"
#include "sandbox.h"

#include "config/config.h"

static struct value *read_json(struct sandbox *sandbox, const char *name)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(sandbox->folder, name);
    struct value *whole = config_parse_file(path, &err);
    assert_non_null(whole);
    return whole;
}

static const struct value *data_of(const struct value *run_data)
{
    return value_get(value_get(run_data, "meta"), "data");
}

static bool evaluate_badly(struct furcate_fork *fork, void *model, void *test,
                           struct furcate_results *results)
{
    (void)model, (void)test;
    furcate_add_result(results, "loss", 0.5);
    return furcate_fail(fork, "the test set is torn");
}

static bool evaluate_in_silence(struct furcate_fork *fork, void *model, void *test,
                                struct furcate_results *results)
{
    (void)fork, (void)model, (void)test, (void)results;
    return false;
}

static bool evaluate_by_a_key(struct furcate_fork *fork, void *model, void *test,
                              struct furcate_results *results)
{
    (void)model, (void)test, (void)results;
    furcate_config_int(fork, "test_steps");
    return true;
}

static bool save_no_metric(struct furcate_fork *fork, struct furcate_results *results, void *history,
                           const char *metric)
{
    (void)results, (void)history;
    return furcate_fail(fork, "no %s", metric);
}

static bool set_own_result(struct furcate_fork *fork, struct furcate_results *results, void *history,
                           const char *metric)
{
    (void)fork, (void)history, (void)metric;
    furcate_set_result(results, "best_epoch", 7);
    furcate_set_result(results, "epochs", 7);
    return true;
}

static bool plot_nothing(struct furcate_fork *fork, void *history, const char *metric)
{
    (void)fork, (void)history, (void)metric;
    return false;
}

static bool save_half_a_history(struct furcate_fork *fork, void *history, FILE *out)
{
    (void)history;
    fputs("{\"accuracy\": [", out);
    return furcate_fail(fork, "the pen broke");
}

static void a_method_after_the_training_may_fail(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops[7];
    for (size_t i = 0; i < 7; i++)
        ops[i] = smallest_ops();
    ops[0].model_evaluate = evaluate_badly;
    ops[1].model_evaluate = evaluate_in_silence;
    ops[2].model_evaluate = evaluate_by_a_key;
    ops[3].save_metric = save_no_metric;
    ops[4].save_metric = set_own_result;
    ops[5].plot_metric = plot_nothing;
    ops[6].save_history = save_half_a_history;
    static const char *const faults[] = {
        "model_evaluate failed: the test set is torn",
        "model_evaluate failed: it returned false and did not say why; furcate_fail() does",
        "model_evaluate failed: the config has no key 'test_steps': add it",
        "save_metric failed: no accuracy",
        "save_metric failed: furcate_set_result: 'epochs' is kept by furcate itself: use another name",
        "plot_metric failed: it returned false and did not say why; furcate_fail() does",
        "save_history failed: the pen broke",
    };
    for (size_t i = 0; i < 7; i++) {
        sandbox_run(sandbox, &ops[i], "");
        CLEANUP(value_cleanup) struct value *run_data = read_json(sandbox, "run/run_data.json");
        CLEANUP(value_cleanup) struct value *history = read_json(sandbox, "run/history.json");
        CLEANUP(memory_free) char *line = text_format("furcate: example3: %s\n", faults[i]);
        assert_int_equal(sandbox->status, 0);
        assert_has(text_get(&sandbox->errors), line);
        const struct value *told = value_get(data_of(run_data), "faults");
        assert_string_equal(value_text(value_item(told, 0)), faults[i]);
        assert_int_equal(value_count(told), i == 3 ? 2 : 1); /* "no loss" is another */
        assert_int_equal(value_int(value_get(data_of(run_data), "epochs"), &(int64_t){0}), true);
        assert_int_equal(value_count(value_get(history, "accuracy")), 3);
        assert_has(text_get(&sandbox->log), "release model");
    }
}

static void what_an_evaluation_added_before_it_failed_is_kept(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.model_evaluate = evaluate_badly;
    sandbox_run(sandbox, &ops, "");
    CLEANUP(value_cleanup) struct value *run_data = read_json(sandbox, "run/run_data.json");
    assert_float_equal(value_float(value_get(data_of(run_data), "test_loss")), 0.5, 0);
    assert_non_null(value_get(data_of(run_data), "train_loss"));
}

static bool do_not_save(struct furcate_fork *fork, void *model)
{
    (void)model;
    return furcate_fail(fork, "no h5py");
}

static void without_its_model_a_run_is_not_done_but_its_results_are_kept(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.model_save = do_not_save;
    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 1);
    assert_has(text_get(&sandbox->errors), "run_data.unsaved.json: rename it to run_data.json");
    assert_has(text_get(&sandbox->errors), "furcate: example3: model_save failed: no h5py\n");
    assert_false(sandbox_has(sandbox, "run/run_data.json"));
    assert_true(sandbox_has(sandbox, "run/history.json"));
    CLEANUP(value_cleanup) struct value *unsaved = read_json(sandbox, "run/run_data.unsaved.json");
    assert_float_equal(value_float(value_get(data_of(unsaved), "test_accuracy")), 0.875, 0);
    assert_non_null(value_get(data_of(unsaved), "end_time"));

    ops.model_save = model_save;
    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 0);
    assert_true(sandbox_has(sandbox, "run/run_data.json"));
    assert_false(sandbox_has(sandbox, "run/run_data.unsaved.json"));
}

static void *report_nowhere(struct furcate_fork *fork)
{
    struct furcate_metric metric = {"loss", 1};
    CLEANUP(memory_free) char *path = file_join(furcate_log_dir(fork), "metrics.jsonl");
    mkdir(path, 0700);
    printf("reported %d\n", furcate_report(fork, 1, &metric, 1));
    return &made_model;
}

static void a_report_that_cannot_be_written_is_in_the_history(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_model = report_nowhere;
    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 0);
    assert_has(text_get(&sandbox->log), "reported 1");
    assert_has(text_get(&sandbox->errors), "a report is missing from metrics.jsonl: ");
    assert_null(strstr(strchr(text_get(&sandbox->errors), '\n') + 1, "metrics.jsonl"));
    CLEANUP(value_cleanup) struct value *run_data = read_json(sandbox, "run/run_data.json");
    assert_int_equal(value_count(value_get(data_of(run_data), "faults")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SANDBOX(a_method_after_the_training_may_fail),
        IN_SANDBOX(what_an_evaluation_added_before_it_failed_is_kept),
        IN_SANDBOX(without_its_model_a_run_is_not_done_but_its_results_are_kept),
        IN_SANDBOX(a_report_that_cannot_be_written_is_in_the_history),
    };
    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
