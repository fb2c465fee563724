#include "methods.h"
#include "sandbox.h"

#include <signal.h>

static void a_test_set_that_nobody_evaluates_is_seen_before_the_training(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.model_evaluate = NULL;

    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 1);
    assert_has(text_get(&sandbox->errors), "furcate: example3: get_datasets failed: it made a test set, but");
    assert_null(strstr(text_get(&sandbox->log), "model_fit"));
}

static void *refuse_model(struct furcate_fork *fork)
{
    furcate_fail(fork, "too large for %d GiB", 16);
    furcate_fail(fork, "and more");
    return NULL;
}

static void a_failing_method_ends_the_run_with_its_reason(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_model = refuse_model;

    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 1);
    assert_string_equal(text_get(&sandbox->errors),
                        "furcate: example3: get_model failed: too large for 16 GiB\n");
    assert_string_equal(text_get(&sandbox->log), "get_datasets 2 1 1\nrelease\n");
    assert_false(sandbox_has(sandbox, "run/run_data.json"));
}

static void *no_loss(struct furcate_fork *fork)
{
    (void)fork;
    return NULL;
}

static bool do_not_save(struct furcate_fork *fork, void *model)
{
    (void)fork, (void)model;
    return false;
}

static void *fit_and_fail(struct furcate_fork *fork, void *model, void *train_dataset, int64_t epochs,
                          void *valid_dataset, void *callbacks, int64_t verbose)
{
    (void)train_dataset, (void)epochs, (void)valid_dataset, (void)callbacks, (void)verbose;
    furcate_fail(fork, "the loss is no number");
    return model;
}

static void every_kind_of_failure_names_its_method(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops without_loss = smallest_ops(), unsaved = smallest_ops(), unfitted = smallest_ops();
    without_loss.get_loss = no_loss;
    unsaved.model_save = do_not_save;
    unfitted.model_fit = fit_and_fail;
    const struct {
        const struct furcate_ops *ops;
        const char *message;
    } cases[] = {
        {&without_loss, "get_loss failed: it returned NULL and did not say why"},
        {&unsaved, "model_save failed: it returned false and did not say why"},
        {&unfitted, "model_fit failed: the loss is no number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sandbox_run(sandbox, cases[i].ops, "");
        assert_int_equal(sandbox->status, 1);
        assert_has(text_get(&sandbox->errors), cases[i].message);
        assert_has(text_get(&sandbox->log), "release model");
        assert_false(sandbox_has(sandbox, "run/run_data.json"));
    }
}

static void *fit_and_die(struct furcate_fork *fork, void *model, void *train_dataset, int64_t epochs,
                         void *valid_dataset, void *callbacks, int64_t verbose)
{
    (void)fork, (void)train_dataset, (void)epochs, (void)valid_dataset, (void)callbacks, (void)verbose;
    puts("the last line");
    raise(SIGKILL);
    return model;
}

static void a_killed_run_leaves_its_last_line(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.model_fit = fit_and_die;

    sandbox_run(sandbox, &ops, "");
    assert_int_equal(sandbox->status, 1000 + SIGKILL);
    assert_has(text_get(&sandbox->log), "the last line\n");
    assert_false(sandbox_has(sandbox, "run/run_data.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SANDBOX(a_test_set_that_nobody_evaluates_is_seen_before_the_training),
        IN_SANDBOX(a_failing_method_ends_the_run_with_its_reason),
        IN_SANDBOX(every_kind_of_failure_names_its_method),
        IN_SANDBOX(a_killed_run_leaves_its_last_line),
    };
    return cmocka_run_group_tests_name("failure", tests, NULL, NULL);
}
