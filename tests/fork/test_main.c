#include "methods.h"
#include "sandbox.h"

static void all_missing_methods_are_named_at_once(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *argv[] = {"program", NULL};
    ops.get_model = NULL;
    ops.model_save = NULL;

    sandbox_call(sandbox, &ops, NULL, "config.json", argv);
    assert_int_equal(sandbox->status, 2);
    assert_string_equal(
        text_get(&sandbox->errors),
        "furcate: this program's struct furcate_ops lacks required methods; set each to a function that "
        "does this:\n"
        "    .get_model: returns the model, built and ready to be compiled\n"
        "    .model_save: saves the trained model to furcate_log_dir()\n");
}

static void a_config_option_needs_its_file(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *bare[] = {"program", "--config", NULL}, *empty[] = {"program", "--config=", NULL};
    char **cases[] = {bare, empty};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sandbox_call(sandbox, &ops, NULL, "config.json", cases[i]);
        assert_int_equal(sandbox->status, 2);
        assert_string_equal(text_get(&sandbox->errors),
                            "furcate: --config needs the path of a config file behind it\n");
    }
}

static void without_any_config_it_says_how_to_give_one(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *argv[] = {"program", "--configs", "--", "--config=other.json", NULL};

    sandbox_call(sandbox, &ops, NULL, NULL, argv);
    assert_int_equal(sandbox->status, 2);
    assert_string_equal(text_get(&sandbox->errors), "furcate: no config file: give one with --config FILE\n");
}

static void the_option_goes_before_the_programs_own_config(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *apart[] = {"program", "--lr", "3", "--config", "/nowhere/other.json", NULL};
    char *joined[] = {"program", "--config=/nowhere/other.json", "--lr", NULL};
    char **cases[] = {apart, joined};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sandbox_call(sandbox, &ops, NULL, "/nowhere/config.json", cases[i]);
        assert_int_equal(sandbox->status, 2);
        assert_has(text_get(&sandbox->errors), "/nowhere/other.json");
    }
}

static int find_no_gpus(int *indices, int capacity)
{
    (void)indices, (void)capacity;
    return -1;
}

static int mix_gpu_and_cpu(int *indices, int capacity)
{
    (void)capacity;
    indices[0] = 0;
    indices[1] = -1;
    return 2;
}

static void indices_that_make_no_sense_are_status_three(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *argv[] = {"program", NULL};
    ops.get_available_gpu_indices = mix_gpu_and_cpu;

    sandbox_write(sandbox, "grid.json",
                  "{\"data_name\": \"a\", \"data_dir\": \".\", \"batch_size\": 1, \"epochs\": 1}");
    CLEANUP(memory_free) char *config = file_join(sandbox->folder, "grid.json");
    sandbox_call(sandbox, &ops, NULL, config, argv);
    assert_int_equal(sandbox->status, 3);
    assert_has(text_get(&sandbox->errors), "get_available_gpu_indices returned [0, -1]");
}

static void failing_to_find_gpus_is_status_three(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *argv[] = {"program", NULL};
    ops.get_available_gpu_indices = find_no_gpus;

    sandbox_call(sandbox, &ops, NULL, "config.json", argv);
    assert_int_equal(sandbox->status, 3);
    assert_has(text_get(&sandbox->errors), "get_available_gpu_indices failed");
}

static void a_broken_config_of_a_run_is_status_two(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *nameless = sandbox_config(sandbox, "");
    CLEANUP(memory_free) char *numbered = sandbox_config(sandbox, "");
    replace(nameless, "\"name\"", "\"game\"");
    replace(numbered, "\"example3\"", "         3");
    const struct {
        const char *content, *message;
    } cases[] = {
        {"{\"epochs\": ", "run/config.json:"},
        {"{\"epochs\": 3}", "is not the config of a run (it has no log_dir that is a string)"},
        {"[]", "is not the config of a run"},
        {numbered, "it has no meta.run.name that is a string"},
        {nameless, "is not the config of a run (it has no meta.run.name that is a string); the runner sets "
                   "FURCATE_CONFIG, unset it to start a runner"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sandbox_run_text(sandbox, &ops, cases[i].content);
        assert_int_equal(sandbox->status, 2);
        assert_has(text_get(&sandbox->errors), cases[i].message);
        assert_string_equal(text_get(&sandbox->log), "");
    }
}

static void a_config_of_a_run_that_is_not_there_is_status_two(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    char *argv[] = {"program", NULL};

    sandbox_call(sandbox, &ops, "/nowhere/config.json", "config.json", argv);
    assert_int_equal(sandbox->status, 2);
    assert_has(text_get(&sandbox->errors), "/nowhere/config.json");
}

static void the_version_is_the_projects(void **state)
{
    (void)state;
    assert_string_equal(furcate_version(), FURCATE_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SANDBOX(all_missing_methods_are_named_at_once),
        IN_SANDBOX(a_config_option_needs_its_file),
        IN_SANDBOX(without_any_config_it_says_how_to_give_one),
        IN_SANDBOX(the_option_goes_before_the_programs_own_config),
        IN_SANDBOX(failing_to_find_gpus_is_status_three),
        IN_SANDBOX(indices_that_make_no_sense_are_status_three),
        IN_SANDBOX(a_broken_config_of_a_run_is_status_two),
        IN_SANDBOX(a_config_of_a_run_that_is_not_there_is_status_two),
        cmocka_unit_test(the_version_is_the_projects),
    };
    return cmocka_run_group_tests_name("main", tests, NULL, NULL);
}
