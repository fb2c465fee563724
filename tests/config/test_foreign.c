#include "fixture.h"

struct verdict {
    const char *text, *said;
};

/* Each is planned, with this as its one fault; "" for none. */
static void assert_warned(const struct verdict *verdicts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture = fixture_open(verdicts[i].text, CONFIG_FOR_PROGRAM);
        if (!fixture.config)
            print_error("refused: %s\n%s", verdicts[i].text, text_get(&fixture.said));
        assert_non_null(fixture.config);
        assert_true(fixture_said(&fixture, verdicts[i].said));
        if (faults_count(fixture.faults, FAULT_WARNING) != (verdicts[i].said[0] != '\0'))
            print_error("%s\n%s", verdicts[i].text, text_get(&fixture.said));
        assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), verdicts[i].said[0] != '\0');
        fixture_close(&fixture);
    }
}

static void refuses_a_sweep_of_another_tool_that_would_be_one_run(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{program: train.py, method: grid, parameters: {lr: {values: [0.1, 0.01]}, optimizer: {values: "
         "[adam, sgd]}}}",
         "1:48: error: this is a sweep of Weights & Biases, whose parameters furcate does not read. "
         "Write each of them at the top of the file as an array of its values, such as \"lr\": [0.1, "
         "0.01]\n"},
        {"{method: bayes, parameters: {lr: {min: 0.0001, max: 0.1}}, command: [a, b]}",
         "as an array of values to try instead of a range, such as \"lr\": [0.0001, 0.1]\n"},
        {"parameters:\n  epochs: {value: 5}\n  lr: {distribution: log_uniform}\n",
         "an array of values to try instead of a distribution, such as \"learning_rate\": [0.1, 0.01]\n"},
        {"parameters: {opt: {parameters: {lr: {values: [1, 2]}}}}", "such as \"lr\": [1, 2]"},
        {"{lr: {grid_search: [0.1, 0.2]}}", "1:2: error: this is a search space of Ray Tune"},
        {"exp: {config: {lr: {grid_search: [0.1, 0.2]}}}", "this is a search space of Ray Tune"},
        {"lr: {_type: choice, _value: [1, 2]}", "this is a search space of NNI"},
        {"hyperparameters: {lr: {type: categorical, vals: [1, 2]}}", "this is an experiment of Determined"},
        {"hyperparameters: {lr: {type: double, minval: 1, maxval: 2}}",
         "instead of a range, such as \"lr\": [1, 2]\n"},
        {"defaults: [model: resnet, _self_]\nhydra: {sweeper: {params: {lr: '0.1,0.01'}}}\n",
         "1:1: error: this is a config of Hydra, whose defaults and sweeps furcate does not read. Write each "
         "key "
         "with its value, and each key that varies as an array at the top of the file, such as \"lr\": [0.1, "
         "0.01]\n"},
        {"hydra: {sweeper: {params: {+lr: 'choice(a, b)'}}}",
         "at the top of the file, such as \"lr\": [\"a\", \"b\"]"},
        {"hydra: {sweeper: {params: {lr: 'range(1, 9)'}}}",
         "at the top of the file, such as \"learning_rate\": [0.1, 0.01]"},
        {"defaults: [{model: resnet}, {db: mysql}]", "this is a config of Hydra"},
        {"hydra/launcher: joblib\nlr: 1\n", "this is a config of Hydra"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void warns_of_one_where_there_is_a_grid_or_doubt(void **state)
{
    (void)state;
    static const struct verdict verdicts[] = {
        {"{lr: [1, 2], parameters: {bs: {values: [1, 2]}}}",
         "1:27: warning: this is a sweep of Weights & Biases"},
        {"{lr: [1, 2], defaults: [_self_], hydra: {}}", "1:14: warning: this is a config of Hydra"},
        {"strategy: {matrix: {py: [1, 2]}}", "warning: this looks like a matrix of GitHub Actions"},
        {"train: {main: train, flags: {lr: [1, 2]}}", "warning: this looks like the flags of a Guild file"},
    };
    assert_warned(verdicts, COUNT(verdicts));
}

static void takes_what_only_resembles_one(void **state)
{
    (void)state;
    static const struct verdict verdicts[] = {
        {"defaults: [a, b]", ""},
        {"defaults: [{a: 1}, {a: 2}]", ""},
        {"{parameters: {lr: 0.1}, matrix: {a: 1}, flags: {b: [1]}, method: grid}", ""},
        {"parameters: [{lr: {values: [1, 2]}}]", ""},
        {"{limits: {min: 1, max: 2}, values: [1, 2]}", ""},
    };
    assert_warned(verdicts, COUNT(verdicts));
}

static void warns_once_of_arrays_within_objects(void **state)
{
    (void)state;
    static const struct verdict verdicts[] = {
        {"model: {dropout: [0.1, 0.5]}", "1:18: warning: 'model.dropout' is an array within an object, which "
                                         "is no axis: only arrays at the top are; to keep "
                                         "it as one value, write [ ] around the value of 'model'\n"},
        {"lr: [1, 2]\nmodel: {opt: {lr: [1, 2]}}\n", "'model.opt.lr' is an array within an object, which"},
        {"a: {b: [1, 2], c: [3, 4]}\nd: {e: [1, 2]}\n",
         "'a.b' is an array within an object (one of 3), which"},
    };
    assert_warned(verdicts, COUNT(verdicts));
}

static void says_nothing_of_arrays_that_are_values(void **state)
{
    (void)state;
    static const struct verdict verdicts[] = {
        {"layers: [[64, 64], [128]]", ""},
        {"model: {layers: [64, 64], kernel: [3, 3, 5], one: [5], none: []}", ""},
        {"opt: [{name: sgd, betas: [0.9, 0.99]}]", ""},
        {"model: [{layers: [64, 32]}]", ""},
    };
    assert_warned(verdicts, COUNT(verdicts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_sweep_of_another_tool_that_would_be_one_run),
        cmocka_unit_test(warns_of_one_where_there_is_a_grid_or_doubt),
        cmocka_unit_test(takes_what_only_resembles_one),
        cmocka_unit_test(warns_once_of_arrays_within_objects),
        cmocka_unit_test(says_nothing_of_arrays_that_are_values),
    };
    return cmocka_run_group_tests_name("foreign", tests, NULL, NULL);
}
