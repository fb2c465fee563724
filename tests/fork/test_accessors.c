#include "methods.h"
#include "sandbox.h"

static void *print_values(struct furcate_fork *fork)
{
    int64_t ints[2] = {-1, -1};
    double floats[4] = {-1, -1, -1, -1};
    size_t int_count = furcate_config_ints(fork, "sizes", ints, 2);
    size_t float_count = furcate_config_floats(fork, "rates", floats, 4);

    printf("%lld %lld %g %g %d %s\n", (long long)furcate_config_int(fork, "batch_size"),
           (long long)furcate_config_int(fork, "whole"), furcate_config_float(fork, "learning_rate"),
           furcate_config_float(fork, "batch_size"), furcate_config_bool(fork, "cache"),
           furcate_config_string(fork, "optimizer_name"));
    printf("%zu: %lld %lld, %zu: %g %g\n", int_count, (long long)ints[0], (long long)ints[1], float_count,
           floats[0], floats[2]);
    printf("%s %s\n", furcate_config_json(fork, "sizes"), furcate_config_json(fork, "learning_rate"));
    printf("%d %d\n", furcate_config_has(fork, "cache"), furcate_config_has(fork, "nothing"));
    printf("%lld %s %s %d %d\n", (long long)furcate_id(fork), furcate_name(fork), furcate_log_dir(fork),
           furcate_gpu_id(fork), furcate_attempt(fork));
    printf("context %s\n", (const char *)furcate_context(fork));
    return &made_model;
}

static void reads_values_of_each_kind(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_model = print_values;
    ops.context = "mine";

    sandbox_run(sandbox, &ops,
                ", \"cache\": true, \"optimizer_name\": \"Adam\", \"whole\": 32.0, \"sizes\": [64, 32, 16], "
                "\"rates\": [1, 0.5, 1e-3]");
    CLEANUP(memory_free)
    char *wanted = text_format(
        "32 32 0.001 32 1 Adam\n3: 64 32, 3: 1 0.001\n[64, 32, 16] 0.001\n1 0\n3 example3 %s/run -1 2\n"
        "context mine\n",
        sandbox->folder);
    assert_string_equal(text_get(&sandbox->errors), "");
    assert_has(text_get(&sandbox->log), wanted);
}

static void *ask_int(struct furcate_fork *fork)
{
    printf("got %lld\n", (long long)furcate_config_int(fork, "hidden"));
    return &made_model;
}

static void *ask_float(struct furcate_fork *fork)
{
    printf("got %g\n", furcate_config_float(fork, "hidden"));
    return &made_model;
}

static void *ask_bool(struct furcate_fork *fork)
{
    printf("got %d\n", furcate_config_bool(fork, "hidden"));
    return &made_model;
}

static void *ask_string(struct furcate_fork *fork)
{
    printf("got '%s'\n", furcate_config_string(fork, "hidden"));
    return &made_model;
}

static void *ask_ints(struct furcate_fork *fork)
{
    printf("got %zu\n", furcate_config_ints(fork, "hidden", NULL, 0) ? (size_t)1 : (size_t)0);
    return &made_model;
}

static void *ask_floats(struct furcate_fork *fork)
{
    double values[2];
    printf("got %zu\n", furcate_config_floats(fork, "hidden", values, 2));
    return &made_model;
}

static void *ask_json(struct furcate_fork *fork)
{
    printf("got '%s'\n", furcate_config_json(fork, "hidden"));
    return &made_model;
}

static void a_value_of_another_kind_fails_the_run_after_the_method(void **state)
{
    static const struct {
        void *(*get_model)(struct furcate_fork *fork);
        const char *hidden, *got, *message;
    } cases[] = {
        {ask_int, "0.5", "got 0", "the config's 'hidden' is 0.5: give an integer"},
        {ask_int, "\"32\"", "got 0", "the config's 'hidden' is \"32\": give an integer"},
        {ask_float, "\"fast\"", "got 0", "the config's 'hidden' is \"fast\": give a number"},
        {ask_bool, "1", "got 0", "the config's 'hidden' is 1: give true or false"},
        {ask_string, "[1]", "got ''", "the config's 'hidden' is [1]: give a string"},
        {ask_ints, "64", "got 0", "the config's 'hidden' is 64: give an array of integers"},
        {ask_floats, "[1, \"a\"]", "got 0", "the config's 'hidden' is [1, \"a\"]: give an array of numbers"},
    };
    struct sandbox *sandbox = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct furcate_ops ops = smallest_ops();
        ops.get_model = cases[i].get_model;
        CLEANUP(memory_free) char *more = text_format(", \"hidden\": %s", cases[i].hidden);
        sandbox_run(sandbox, &ops, more);
        assert_int_equal(sandbox->status, 1);
        assert_has(text_get(&sandbox->log), cases[i].got);
        assert_has(text_get(&sandbox->errors), "furcate: example3: get_model failed: ");
        assert_has(text_get(&sandbox->errors), cases[i].message);
        assert_null(strstr(text_get(&sandbox->log), "get_metrics"));
    }
}

static void a_missing_key_fails_the_run_and_names_the_nearest(void **state)
{
    static void *(*const asks[])(struct furcate_fork * fork) = {ask_int,    ask_float,  ask_bool,
                                                                ask_string, ask_floats, ask_json};
    struct sandbox *sandbox = *state;
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        struct furcate_ops ops = smallest_ops();
        ops.get_model = asks[i];
        sandbox_run(sandbox, &ops, ", \"hiden\": 3");
        assert_int_equal(sandbox->status, 1);
        assert_has(text_get(&sandbox->errors),
                   "get_model failed: the config has no key 'hidden'; did you mean 'hiden'?");
    }
    struct furcate_ops ops = smallest_ops();
    ops.get_model = ask_int;
    sandbox_run(sandbox, &ops, "");
    assert_has(text_get(&sandbox->errors), "the config has no key 'hidden': add it");
}

static bool scale(struct furcate_fork *fork, void *record)
{
    (void)fork;
    *(int *)record *= 2;
    return true;
}

static bool negate(struct furcate_fork *fork, void *record)
{
    (void)fork;
    *(int *)record *= -1;
    return true;
}

static void *preprocess_all(struct furcate_fork *fork)
{
    int train = 1, test = 2, valid = 3;
    furcate_train_preprocess(fork, &train);
    furcate_test_preprocess(fork, &test);
    furcate_valid_preprocess(fork, &valid);
    printf("records %d %d %d\n", train, test, valid);
    return &made_model;
}

static void preprocessing_falls_back_to_preprocess_and_to_nothing(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    ops.get_model = preprocess_all;
    sandbox_run(sandbox, &ops, "");
    assert_has(text_get(&sandbox->log), "records 1 2 3\n");

    ops.preprocess = scale;
    ops.valid_preprocess = negate;
    sandbox_run(sandbox, &ops, "");
    assert_has(text_get(&sandbox->log), "records 2 4 -3\n");
}

static void *report_negative_step(struct furcate_fork *fork)
{
    struct furcate_metric metric = {"loss", 1};
    printf("reported %d\n", furcate_report(fork, -1, &metric, 1));
    return &made_model;
}

static void *report_as_step(struct furcate_fork *fork)
{
    struct furcate_metric metric = {"step", 1};
    printf("reported %d\n", furcate_report(fork, 1, &metric, 1));
    return &made_model;
}

static void a_report_that_cannot_be_fails_the_run(void **state)
{
    static const struct {
        void *(*get_model)(struct furcate_fork *fork);
        const char *message;
    } cases[] = {
        {report_negative_step, "furcate_report: step -1: steps are counted from 0 or 1"},
        {report_as_step, "furcate_report: 'step' cannot be a metric: every report has this key already"},
    };
    struct sandbox *sandbox = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct furcate_ops ops = smallest_ops();
        ops.get_model = cases[i].get_model;
        sandbox_run(sandbox, &ops, "");
        assert_int_equal(sandbox->status, 1);
        assert_has(text_get(&sandbox->log), "reported 0");
        assert_has(text_get(&sandbox->errors), cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SANDBOX(reads_values_of_each_kind),
        IN_SANDBOX(a_value_of_another_kind_fails_the_run_after_the_method),
        IN_SANDBOX(a_missing_key_fails_the_run_and_names_the_nearest),
        IN_SANDBOX(preprocessing_falls_back_to_preprocess_and_to_nothing),
        IN_SANDBOX(a_report_that_cannot_be_fails_the_run),
    };
    return cmocka_run_group_tests_name("accessors", tests, NULL, NULL);
}
