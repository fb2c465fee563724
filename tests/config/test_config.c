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
    assert_false(config_is_default(fixture.config, 5));
    assert_true(config_is_default(fixture.config, 6));
    assert_true(is_json(config_default(fixture.config, "seed"), "42"));
    assert_null(config_default(fixture.config, "zeta"));
    assert_null(config_default(fixture.config, "data_name"));
    assert_string_equal(config_log_dir(fixture.config), "logs");
    assert_int_equal(fixture.said.len, 0);
    fixture_close(&fixture);
}

static void needs_no_key_for_a_program(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"lr\": [1, 2]}", CONFIG_FOR_PROGRAM);
    assert_int_equal(strncmp(value_text(key(&fixture, "data_name")), "furcate-config-", 15), 0);
    assert_null(strstr(value_text(key(&fixture, "data_name")), ".json"));
    assert_true(value_equal(config_default(fixture.config, "data_name"), key(&fixture, "data_name")));
    assert_null(key(&fixture, "data_dir"));
    assert_null(key(&fixture, "epochs"));
    assert_true(config_is_axis(fixture.config, 0));
    assert_false(config_is_axis(fixture.config, 1));
    assert_true(config_is_default(fixture.config, 1));
    fixture_close(&fixture);
}

static void counts_meta_as_no_key(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{\"meta\": {}, \"a\": 1}", CONFIG_FOR_PROGRAM);
    assert_null(key(&fixture, "meta"));
    assert_string_equal(value_key(config_keys(fixture.config), 0), "a");
    assert_false(config_is_default(fixture.config, 0));
    assert_true(config_is_default(fixture.config, 1));
    fixture_close(&fixture);
}

static void counts_the_address_of_a_schema_as_no_key(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("{\"$schema\": \"x.json\", \"a\": 1, \"meta\": {}}", CONFIG_FOR_PROGRAM);
    assert_null(key(&fixture, "$schema"));
    assert_string_equal(value_key(config_keys(fixture.config), 0), "a");
    assert_false(config_is_default(fixture.config, 0));
    assert_true(config_is_default(fixture.config, 1));
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
        cmocka_unit_test(needs_no_key_for_a_program),
        cmocka_unit_test(counts_meta_as_no_key),
        cmocka_unit_test(counts_the_address_of_a_schema_as_no_key),
        cmocka_unit_test(merges_meta_deeply_with_its_defaults),
        cmocka_unit_test(gives_the_defaults_of_meta),
        cmocka_unit_test(gives_all_that_meta_says),
        cmocka_unit_test(takes_axes_where_they_make_sense),
        cmocka_unit_test(reads_the_configs_of_the_spec),
        cmocka_unit_test(asks_for_the_comma_that_the_spec_lacks),
        cmocka_unit_test(leaves_the_file_alone),
        cmocka_unit_test(lives_as_long_as_it_is_referred_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
