#include "fixture.h"

#include <sys/stat.h>

#define NEEDED "\"data_name\": \"example\", \"data_dir\": \"foo/\", \"batch_size\": 32, \"epochs\": 50"

static const struct value *key(const struct fixture *fixture, const char *name)
{
    return value_get(config_keys(fixture->config), name);
}

static void fills_in_the_defaults_in_the_order_of_the_spec(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{" NEEDED ", \"zeta\": 1, \"seed\": 7}", CONFIG_FOR_FORK);
    assert_true(is_json(config_keys(fixture.config),
                        "{" NEEDED ", \"zeta\": 1, \"seed\": 7, \"log_dir\": \"logs\", "
                        "\"train_prefix\": \"example.train\", \"valid_prefix\": \"example.valid\", "
                        "\"test_prefix\": \"example.test\", \"learning_rate\": 0.001, \"verbose\": 2, "
                        "\"cache\": false, \"prefetch\": 1}"));
    assert_true(is_json(config_default(fixture.config, "seed"), "42"));
    assert_null(config_default(fixture.config, "zeta"));
    assert_null(config_default(fixture.config, "data_name"));
    assert_string_equal(config_log_dir(fixture.config), "logs");
    assert_int_equal(fixture.said.len, 0);
    fixture_close(&fixture);
}

static void has_the_keys_of_the_file_alone_for_a_program(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{\"lr\": [1, 2], \"log_dir\": \"out/\", \"meta\": {}}", CONFIG_FOR_PROGRAM);
    assert_true(is_json(config_keys(fixture.config), "{\"lr\": [1, 2], \"log_dir\": \"out/\"}"));
    assert_null(config_default(fixture.config, "learning_rate"));
    assert_int_equal(config_use(fixture.config), CONFIG_FOR_PROGRAM);
    assert_true(config_is_axis(fixture.config, 0));
    assert_false(config_is_axis(fixture.config, 1));
    assert_int_equal(fixture.said.len, 0);
    fixture_close(&fixture);
}

static void names_runs_by_the_file_and_writes_to_logs_where_nobody_says_more(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"lr\": [1, 2]}", CONFIG_FOR_PROGRAM);
    assert_int_equal(strncmp(value_text(config_data_name(fixture.config)), "furcate-config-", 15), 0);
    assert_null(strstr(value_text(config_data_name(fixture.config)), ".json"));
    assert_string_equal(config_log_dir(fixture.config), "logs");
    assert_int_equal(config_seed(fixture.config), 42);
    fixture_close(&fixture);

    fixture =
        fixture_open("{\"data_name\": \"mnist\", \"log_dir\": \"out/\", \"seed\": 7}", CONFIG_FOR_PROGRAM);
    assert_string_equal(value_text(config_data_name(fixture.config)), "mnist");
    assert_string_equal(config_log_dir(fixture.config), "out/");
    assert_int_equal(config_seed(fixture.config), 7);
    fixture_close(&fixture);
}

static void takes_any_value_of_the_spec_s_keys_for_a_program(void **state)
{
    static const char *const values[] = {"null",       "true",          "\"x\"",     "-1.5",
                                         "{\"a\": 1}", "[null, \"x\"]", "[[1], [2]]"};
    static const char *const keys[] = {"data_dir",     "batch_size",   "epochs",      "framework",
                                       "train_prefix", "valid_prefix", "test_prefix", "learning_rate",
                                       "verbose",      "cache",        "seed",        "prefetch"};
    (void)state;
    for (size_t i = 0; i < COUNT(keys); i++)
        for (size_t j = 0; j < COUNT(values); j++) {
            CLEANUP(memory_free) char *text = text_format("{\"%s\": %s}", keys[i], values[j]);
            struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
            assert_non_null(fixture.config);
            assert_true(is_json(config_keys(fixture.config), text));
            assert_int_equal(fixture.said.len, 0);
            fixture_close(&fixture);
        }
}

/* Opens a program's config that is good, with a warning that says so. */
static struct fixture open_warned(const char *text, const char *said)
{
    struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    assert_true(fixture_said(&fixture, said));
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 1);
    return fixture;
}

static void says_once_where_a_key_of_a_program_does_not_serve_furcate(void **state)
{
    (void)state;
    static const char *const names[] = {"null", "5", "[\"a\", \"b\"]", "\"two words\"", "{}"};
    for (size_t i = 0; i < COUNT(names); i++) {
        CLEANUP(memory_free) char *text = text_format("{\"data_name\": %s}", names[i]);
        struct fixture fixture = open_warned(
            text,
            "'data_name' is not one word that can be part of a file name, so furcate uses 'furcate-config-");
        assert_int_equal(strncmp(value_text(config_data_name(fixture.config)), "furcate-config-", 15), 0);
        assert_true(is_json(config_keys(fixture.config), text));
        fixture_close(&fixture);
    }
    static const char *const folders[] = {"null", "5", "\"\"", "\"~/logs\""};
    for (size_t i = 0; i < COUNT(folders); i++) {
        CLEANUP(memory_free) char *text = text_format("{\"log_dir\": %s}", folders[i]);
        struct fixture fixture = open_warned(
            text, "so furcate uses 'logs' as the log dir; the program gets the key as it is written");
        assert_string_equal(config_log_dir(fixture.config), "logs");
        assert_true(is_json(config_keys(fixture.config), text));
        fixture_close(&fixture);
    }
    static const char *const seeds[] = {"null", "[1, 2]", "\"x\"", "1.5"};
    for (size_t i = 0; i < COUNT(seeds); i++) {
        CLEANUP(memory_free)
        char *text = text_format("{\"seed\": %s, \"meta\": {\"order\": \"shuffle\"}}", seeds[i]);
        struct fixture fixture =
            open_warned(text, "'seed' is not an integer, so furcate uses 42 to shuffle the order");
        assert_int_equal(config_seed(fixture.config), 42);
        fixture_close(&fixture);
    }
}

static void leaves_keys_of_a_program_that_look_like_the_spec_s_alone(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{\"batchsize\": 1, \"epoch\": 2, \"learn_rate\": 3, \"run_id\": 4, "
                     "\"gpu_id\": 5, \"run_val_every_n_steps\": null}",
                     CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    assert_int_equal(fixture.said.len, 0);
    fixture_close(&fixture);
}

static void gives_each_key_a_column_of_its_own(void **state)
{
    (void)state;
    static const char *const plain[] = {"a",      "run",      "running",    "id",  "gpu",
                                        "config", "config_a", "config_run", "meta"};
    static const char *const taken[] = {"run_id",        "run_",          "gpu_id",
                                        "config_run_id", "config_gpu_id", "config_config_run_x"};
    for (size_t i = 0; i < COUNT(plain); i++)
        assert_string_equal(config_column_prefix(plain[i]), "");
    for (size_t i = 0; i < COUNT(taken); i++)
        assert_string_equal(config_column_prefix(taken[i]), "config_");
}

/* A record of a run, read as a config; and what must be the keys and the log dir. */
static void assert_record(const char *text, enum config_use use, const char *keys, const char *log_dir)
{
    struct fixture fixture = fixture_open(text, use);
    assert_int_equal(fixture.said.len, 0);
    assert_non_null(fixture.config);
    assert_true(is_json(config_keys(fixture.config), keys));
    assert_string_equal(config_log_dir(fixture.config), log_dir);
    assert_null(value_get(config_meta_value(fixture.config), "run"));
    assert_null(value_get(config_meta_value(fixture.config), "data"));
    fixture_close(&fixture);
}

/* meta.run of the record of a run "c0" with these keys, which are hashed. */
static char *run_of(const char *keys, const char *more)
{
    struct error err;
    CLEANUP(value_cleanup) struct value *value = config_parse("keys", keys, strlen(keys), &err);
    CLEANUP(memory_free) char *hash = config_format_hash(value);
    return text_format("\"run\": {\"id\": 0, \"name\": \"c0\", \"hash\": \"%s\"%s}", hash, more);
}

static void takes_the_record_of_a_fork_for_the_config_that_made_it(void **state)
{
    (void)state;
    CLEANUP(memory_free) char *run = run_of("{\"lr\": 0.1, \"layers\": [64, 64]}", "");
    CLEANUP(memory_free)
    char *record = text_format("{\"lr\": 0.1, \"layers\": [64, 64], \"gpu_id\": -1, "
                               "\"log_dir\": \"/a/logs/c0_l0-1\", \"meta\": "
                               "{\"exclude_configs\": [{\"lr\": 7}], %s, \"data\": {}}}",
                               run);
    assert_record(record, CONFIG_FOR_PROGRAM,
                  "{\"lr\": 0.1, \"layers\": [[64, 64]], \"log_dir\": \"/a/logs\"}", "/a/logs");
}

static void takes_the_record_of_a_program_for_the_config_that_made_it(void **state)
{
    (void)state;
    static const char place[] = ", \"gpu_id\": 0, \"log_dir\": \"/a/logs/c0_l0-1\"";
    CLEANUP(memory_free) char *run = run_of("{\"gpu_id\": 7, \"layers\": [64]}", place);
    CLEANUP(memory_free) char *record = text_format("{\"gpu_id\": 7, \"layers\": [64], \"meta\": {%s}}", run);
    assert_record(record, CONFIG_FOR_PROGRAM, "{\"gpu_id\": 7, \"layers\": [[64]]}", "/a/logs");

    CLEANUP(memory_free) char *own = text_format("{\"log_dir\": \"out\", \"meta\": {%s}}", run);
    assert_record(own, CONFIG_FOR_PROGRAM, "{\"log_dir\": \"out\"}", "out");
}

static void takes_an_edited_record_for_the_config_it_was_made_into(void **state)
{
    (void)state;
    CLEANUP(memory_free) char *run = run_of("{\"lr\": 0.1, \"epochs\": 5}", "");
    CLEANUP(memory_free)
    char *record = text_format("{\"lr\": [0.1, 0.2], \"epochs\": 5, \"gpu_id\": -1, \"log_dir\": \"next\", "
                               "\"meta\": {\"exclude_configs\": [{\"lr\": 0.2}], %s}}",
                               run);
    struct fixture fixture = fixture_open(record, CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    assert_true(
        is_json(config_keys(fixture.config), "{\"lr\": [0.1, 0.2], \"epochs\": 5, \"log_dir\": \"next\"}"));
    assert_string_equal(config_log_dir(fixture.config), "next");
    assert_int_equal(value_count(config_meta(fixture.config)->exclude), 1);
    fixture_close(&fixture);
}

static void takes_no_other_config_for_a_record(void **state)
{
    (void)state;
    assert_record(
        "{\"gpu_id\": 1, \"log_dir\": \"/a/c0\", \"layers\": [64, 32], \"meta\": {\"run\": {\"id\": 0}}}",
        CONFIG_FOR_PROGRAM, "{\"gpu_id\": 1, \"log_dir\": \"/a/c0\", \"layers\": [64, 32]}", "/a/c0");
}

static void counts_meta_as_no_key(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"meta\": {}, \"a\": 1}", CONFIG_FOR_PROGRAM);
    assert_null(key(&fixture, "meta"));
    assert_string_equal(value_key(config_keys(fixture.config), 0), "a");
    assert_int_equal(value_count(config_keys(fixture.config)), 1);
    fixture_close(&fixture);
}

static void counts_the_address_of_a_schema_as_no_key(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{\"$schema\": \"x.json\", \"a\": 1, \"meta\": {}}", CONFIG_FOR_PROGRAM);
    assert_null(key(&fixture, "$schema"));
    assert_string_equal(value_key(config_keys(fixture.config), 0), "a");
    assert_int_equal(value_count(config_keys(fixture.config)), 1);
    assert_int_equal(fixture.said.len, 0);
    fixture_close(&fixture);
}

static void merges_meta_deeply_with_its_defaults(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(
        "{\"meta\": {\"mem_trace\": {\"enabled\": true, \"top\": 3}, \"retries\": 2, \"run\": {\"id\": 4},"
        " \"data\": {}}}",
        CONFIG_FOR_PROGRAM);
    assert_true(is_json(
        config_meta_value(fixture.config),
        "{\"mem_trace\": {\"enabled\": true, \"top\": 3, \"delay\": 300, \"trace\": 1}, \"retries\": 2,"
        " \"allow_cpu\": false, \"max_threads\": -1, \"exclude_configs\": [], \"order\": \"spread\","
        " \"fail_fast\": true, \"timeout\": 0, \"kill_grace\": 10, \"start\": \"auto\"}"));
    fixture_close(&fixture);
}

static void gives_the_defaults_of_meta(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"a\": 1}", CONFIG_FOR_PROGRAM);
    const struct config_meta *meta = config_meta(fixture.config);
    assert_false(meta->allow_cpu);
    assert_int_equal(meta->max_threads, -1);
    assert_int_equal(value_count(meta->exclude), 0);
    assert_null(meta->gpus);
    assert_null(meta->program);
    assert_null(meta->metrics);
    assert_null(meta->objective.metric);
    assert_int_equal(meta->order, ORDER_SPREAD);
    assert_int_equal(meta->start, START_AUTO);
    assert_int_equal(meta->retries, 0);
    assert_true(meta->timeout == 0);
    assert_true(meta->fail_fast);
    assert_true(meta->kill_grace == 10);
    assert_false(meta->mem_trace.enabled);
    assert_true(meta->mem_trace.delay == 300);
    assert_int_equal(meta->mem_trace.top, 10);
    assert_int_equal(meta->mem_trace.trace, 1);
    fixture_close(&fixture);
}

static void gives_all_that_meta_says(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(
        "meta:\n  allow_cpu: true\n  max_threads: 3\n  exclude_configs: [{a: 1}]\n  gpus: [0, GPU-1a2b]\n"
        "  program: [python, train.py]\n  metrics: {acc: 'acc=(.*)'}\n  objective: {metric: acc, mode: max}\n"
        "  order: shuffle\n  start: spawn\n  retries: 4\n  fail_fast: false\n  timeout: 2h30m\n  kill_grace: "
        "1.5\n"
        "  mem_trace: {enabled: true, delay: 60, top: 2, trace: 0}\n",
        CONFIG_FOR_PROGRAM);
    assert_non_null(fixture.config);
    const struct config_meta *meta = config_meta(fixture.config);
    assert_true(meta->allow_cpu);
    assert_int_equal(meta->max_threads, 3);
    assert_true(is_json(meta->exclude, "[{\"a\": 1}]"));
    assert_true(is_json(meta->gpus, "[0, \"GPU-1a2b\"]"));
    assert_true(is_json(meta->program, "[\"python\", \"train.py\"]"));
    assert_true(is_json(meta->metrics, "{\"acc\": \"acc=(.*)\"}"));
    assert_string_equal(meta->objective.metric, "acc");
    assert_true(meta->objective.is_max);
    assert_false(meta->objective.of_best);
    assert_int_equal(meta->order, ORDER_SHUFFLE);
    assert_int_equal(meta->start, START_SPAWN);
    assert_int_equal(meta->retries, 4);
    assert_true(meta->timeout == 9000);
    assert_false(meta->fail_fast);
    assert_true(meta->kill_grace == 1.5);
    assert_true(meta->mem_trace.enabled);
    assert_true(meta->mem_trace.delay == 60);
    assert_int_equal(meta->mem_trace.top, 2);
    assert_int_equal(meta->mem_trace.trace, 0);
    fixture_close(&fixture);
}

static void takes_axes_where_they_make_sense(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open(
        "{\"data_name\": \"x\", \"data_dir\": [\"a/\", \"b/\"], \"batch_size\": [1, 2e0], \"epochs\": [5],"
        " \"train_prefix\": [\"p\", \"\"], \"seed\": [1, -2], \"cache\": [true, false], \"learning_rate\": "
        "[1, 1e-3],"
        " \"layers\": [[64, 64], [128], {\"k\": 1}], \"framework\": \"torch\"}",
        CONFIG_FOR_FORK);
    assert_non_null(fixture.config);
    assert_int_equal(fixture.said.len, 0);
    fixture_close(&fixture);
}

static void gives_the_framework_of_a_fork_one_name_however_it_is_spelt(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"tf", "tf"},     {"TensorFlow", "tf"}, {"keras", "tf"},
        {"tf2", "tf"},    {"PyTorch", "torch"}, {"None", "none"},
        {"null", "none"}, {"\"NONE\"", "none"}, {"torch", "torch"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(memory_free)
        char *text =
            text_format("{data_name: x, data_dir: d, batch_size: 1, epochs: 1, framework: %s}", cases[i][0]);
        struct fixture fork = fixture_open(text, CONFIG_FOR_FORK);
        assert_string_equal(value_text(value_get(config_keys(fork.config), "framework")), cases[i][1]);
        fixture_close(&fork);
    }
    struct fixture program = fixture_open("framework: [tf, Keras]", CONFIG_FOR_PROGRAM);
    const struct value *axis = value_get(config_keys(program.config), "framework");
    assert_string_equal(value_text(value_item(axis, 1)), "Keras");
    fixture_close(&program);
}

static void reads_the_configs_of_the_spec(void **state)
{
    (void)state;
    static const char *const names[] = {"readme_simple", "readme_exclude_mended", "readme_reference"};
    for (size_t i = 0; i < COUNT(names); i++) {
        CLEANUP(memory_free) char *path = text_format(TEST_DATA "/config/good/%s.json", names[i]);
        struct fixture fixture = fixture_read(path, CONFIG_FOR_FORK);
        if (!fixture.config)
            print_error("%s\n", text_get(&fixture.said));
        assert_non_null(fixture.config);
        assert_string_equal(config_path(fixture.config), path);
        assert_string_equal(value_text(key(&fixture, "data_name")), "example");
        assert_int_equal(fixture.said.len, 0);
        fixture_close(&fixture);
    }
}

static void asks_for_the_comma_that_the_spec_lacks(void **state)
{
    (void)state;
    struct fixture fixture = fixture_read(TEST_DATA "/config/bad/readme_exclude.json", CONFIG_FOR_FORK);
    assert_null(fixture.config);
    assert_string_equal(text_get(&fixture.said),
                        "config.json:5:15: error: a comma is missing here; add a comma\n"
                        "    5 |   'epochs': 50\n"
                        "      |               ^\n");
    fixture_close(&fixture);
}

static void leaves_the_file_alone(void **state)
{
    (void)state;
    static const char path[] = TEST_DATA "/config/good/readme_simple.json";
    struct stat before, after;
    stat(path, &before);
    struct fixture fixture = fixture_read(path, CONFIG_FOR_FORK);
    stat(path, &after);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
    fixture_close(&fixture);
}

static void lives_as_long_as_it_is_referred_to(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"a\": 1}", CONFIG_FOR_PROGRAM);
    struct config *again = config_ref(fixture.config);
    config_unref(fixture.config);
    assert_string_equal(value_key(config_keys(again), 0), "a");
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_in_the_defaults_in_the_order_of_the_spec),
        cmocka_unit_test(has_the_keys_of_the_file_alone_for_a_program),
        cmocka_unit_test(names_runs_by_the_file_and_writes_to_logs_where_nobody_says_more),
        cmocka_unit_test(takes_any_value_of_the_spec_s_keys_for_a_program),
        cmocka_unit_test(says_once_where_a_key_of_a_program_does_not_serve_furcate),
        cmocka_unit_test(leaves_keys_of_a_program_that_look_like_the_spec_s_alone),
        cmocka_unit_test(gives_each_key_a_column_of_its_own),
        cmocka_unit_test(takes_the_record_of_a_fork_for_the_config_that_made_it),
        cmocka_unit_test(takes_the_record_of_a_program_for_the_config_that_made_it),
        cmocka_unit_test(takes_an_edited_record_for_the_config_it_was_made_into),
        cmocka_unit_test(takes_no_other_config_for_a_record),
        cmocka_unit_test(counts_meta_as_no_key),
        cmocka_unit_test(counts_the_address_of_a_schema_as_no_key),
        cmocka_unit_test(merges_meta_deeply_with_its_defaults),
        cmocka_unit_test(gives_the_defaults_of_meta),
        cmocka_unit_test(gives_all_that_meta_says),
        cmocka_unit_test(takes_axes_where_they_make_sense),
        cmocka_unit_test(gives_the_framework_of_a_fork_one_name_however_it_is_spelt),
        cmocka_unit_test(reads_the_configs_of_the_spec),
        cmocka_unit_test(asks_for_the_comma_that_the_spec_lacks),
        cmocka_unit_test(leaves_the_file_alone),
        cmocka_unit_test(lives_as_long_as_it_is_referred_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
