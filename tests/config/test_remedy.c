#include "fixture.h"

/* A Fork's config, and the remedy for its only fault. */
struct mended {
    const char *text, *remedy;
};

static void assert_mended(const struct mended *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture = fixture_open_fork(cases[i].text);
        CLEANUP(memory_free) char *end = text_format("; %s\n", cases[i].remedy);
        assert_null(fixture.config);
        assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 1);
        assert_true(fixture_said(&fixture, end));
        fixture_close(&fixture);
    }
}

static void takes_quotes_off_and_puts_them_on(void **state)
{
    (void)state;
    static const struct mended cases[] = {
        {"batch_size: '32'", "remove the quotes: \"batch_size\": 32"},
        {"learning_rate: ' 1e-3 '", "remove the quotes: \"learning_rate\": 1e-3"},
        {"cache: 'True'", "remove the quotes: \"cache\": true"},
        {"batch_size: ['32', 64, '128']", "remove the quotes: \"batch_size\": [32, 64, 128]"},
        {"data_name: 2020", "put it in quotes: \"data_name\": \"2020\""},
        {"meta: {program: [sleep, 5, 0.5]}", "put it in quotes: \"program\": [\"sleep\", \"5\", \"0.5\"]"},
    };
    assert_mended(cases, COUNT(cases));
}

static void wraps_lists_in_brackets(void **state)
{
    (void)state;
    static const struct mended cases[] = {
        {"batch_size: 32, 64", "wrap the values in [ ]: \"batch_size\": [32, 64]"},
        {"batch_size: '[32, 64]'", "wrap the values in [ ]: \"batch_size\": [32, 64]"},
        {"learning_rate: '0.1,0.01'", "wrap the values in [ ]: \"learning_rate\": [0.1, 0.01]"},
        {"cache: true, False", "wrap the values in [ ]: \"cache\": [true, false]"},
        {"meta: {gpus: '0,1'}", "wrap the values in [ ]: \"gpus\": [0, 1]"},
        {"meta: {gpus: 0}", "wrap it in [ ]: \"gpus\": [0]"},
        {"meta: {exclude_configs: {a: 1}}", "wrap it in [ ]: \"exclude_configs\": [{\"a\": 1}]"},
        {"meta: {program: train}", "wrap it in [ ]: \"program\": [\"train\"]"},
    };
    assert_mended(cases, COUNT(cases));
}

static void takes_single_values_out_of_brackets(void **state)
{
    (void)state;
    static const struct mended cases[] = {
        {"log_dir: [logs]", "take it out of the [ ]: \"log_dir\": \"logs\""},
        {"framework: [tf]", "take it out of the [ ]: \"framework\": \"tf\""},
        {"batch_size: [[32, 64]]", "take it out of the [ ]: \"batch_size\": [32, 64]"},
        {"meta: {retries: [2]}", "take it out of the [ ]: \"retries\": 2"},
        {"meta: {mem_trace: {top: [5]}}", "take it out of the [ ]: \"top\": 5"},
    };
    assert_mended(cases, COUNT(cases));
}

static void reads_what_was_meant(void **state)
{
    (void)state;
    static const struct mended cases[] = {
        {"cache: yes", "write \"cache\": true"},
        {"cache: 0", "write \"cache\": false"},
        {"learning_rate: 0,001", "write the point as .: \"learning_rate\": 0.001"},
        {"epochs: 1_000", "write it without _: \"epochs\": 1000"},
        {"framework: PyTorch-2", "write \"framework\": \"torch\""},
        {"meta: {order: Shuffled}", "write \"order\": \"shuffle\""},
        {"meta: {start: spwan}", "write \"start\": \"spawn\""},
        {"data_name: my data/v2", "write \"data_name\": \"my-data-v2\""},
        {"data_name: ../.hidden/", "write \"data_name\": \"hidden\""},
        {"meta: {program: 'python train.py --lr {lr}'}",
         "give each word its own quotes: \"program\": [\"python\", \"train.py\", \"--lr\", \"{lr}\"]"},
    };
    assert_mended(cases, COUNT(cases));
}

static void falls_back_on_an_example(void **state)
{
    (void)state;
    static const struct mended cases[] = {
        {"batch_size: many", "write for example \"batch_size\": 32"},
        {"batch_size: '0'", "write for example \"batch_size\": 32"},
        {"batch_size: '32, many'", "write for example \"batch_size\": 32"},
        {"epochs: 1.5", "write for example \"epochs\": 50"},
        {"data_name: '/'", "write for example \"data_name\": \"example\""},
        {"meta: {retries: [1, 2]}", "write for example \"retries\": 2"},
        {"meta: {program: 'sh -c \"x\"'}", "write for example \"program\": [\"python3\", \"train.py\"]"},
        {"meta: {gpus: [true]}", "write for example \"gpus\": [0, 1]"},
        {"meta: {gpus: []}", "write for example \"gpus\": [0, 1]"},
    };
    assert_mended(cases, COUNT(cases));
}

static void shows_no_value_beyond_a_line(void **state)
{
    (void)state;
    static const struct mended cases[] = {
        {"meta: {exclude_configs: {optimizer_name: Adadelta, learning_rate: 0.001, batch_size: 32}}",
         "wrap it in [ ]"},
        {"data_name: 'a name that is far too long, since nobody wants to read it over and over again'",
         "write for example \"data_name\": \"example\""},
    };
    assert_mended(cases, COUNT(cases));
}

static void tells_each_value_of_an_axis_that_cannot_be_mended(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open_fork("batch_size: [32, 0, '64', x]");
    assert_int_equal(faults_count(fixture.faults, FAULT_ERROR), 3);
    assert_true(fixture_said(&fixture, "1:18: error: 'batch_size' must be a positive integer, but is 0;"));
    assert_true(fixture_said(&fixture, "1:21: error: 'batch_size' must be a positive integer, but is \"64\"; "
                                       "remove the quotes: \"batch_size\": 64\n"));
    assert_true(
        fixture_said(&fixture, "1:27: error: 'batch_size' must be a positive integer, but is \"x\";"));
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_quotes_off_and_puts_them_on),
        cmocka_unit_test(wraps_lists_in_brackets),
        cmocka_unit_test(takes_single_values_out_of_brackets),
        cmocka_unit_test(reads_what_was_meant),
        cmocka_unit_test(falls_back_on_an_example),
        cmocka_unit_test(shows_no_value_beyond_a_line),
        cmocka_unit_test(tells_each_value_of_an_axis_that_cannot_be_mended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
