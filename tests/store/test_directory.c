/* Run directories: names, config.json, output files. */
#include "fixture.h"

#include <signal.h>
#include <sys/resource.h>

#include "store/directory.h"

static void names_runs_as_the_spec_does(void **state)
{
    struct plan *plan = make_plan(*state, TWO_RUNS);
    struct store *store = open_store(*state);
    struct run *run = store_new_run(store, plan, 1);
    assert_string_equal(run->name, "example0");
    assert_string_equal(run->label, "foo_bs64");
    assert_string_equal(strrchr(run->directory, '/'), "/example0_foo_bs64");
    assert_int_equal(strncmp(run->directory, store_directory(store), strlen(store_directory(store))), 0);
    assert_int_equal(run->directory[0], '/');
    run_destroy(run);
    store_close(store);
    plan_unref(plan);
}

static void a_name_holds_what_a_path_can(void **state)
{
    (void)state;
    CLEANUP(value_cleanup) struct value *odd = value_new_string("a/b\n.c d", 8);
    CLEANUP(memory_free) char *name = store_directory_run_name(odd, 12);
    assert_string_equal(name, "a-b-.c d12");
    CLEANUP(value_cleanup) struct value *latin1 = value_new_string("\xc3\xa4\xe4\xc3", 4);
    CLEANUP(memory_free) char *utf8 = store_directory_run_name(latin1, 1);
    assert_string_equal(utf8, "\xc3\xa4--1");
    CLEANUP(memory_free) char *bare = store_directory_run_name(NULL, 3);
    assert_string_equal(bare, "3");
    CLEANUP(memory_free) char *alone = store_directory_base_name("example3", "");
    assert_string_equal(alone, "example3");
}

static void a_long_name_ends_in_a_hash(void **state)
{
    (void)state;
    char label[400], other[400];
    for (size_t i = 0; i < sizeof label; i++)
        label[i] = other[i] = "\xc3\xa4"[i % 2];
    label[399] = other[399] = label[398] = '\0';
    other[398] = '\0';
    other[397] = '\xa5';
    CLEANUP(memory_free) char *first = store_directory_base_name("example0", label);
    CLEANUP(memory_free) char *second = store_directory_base_name("example0", other);
    assert_in_range(strlen(first), 190, 200);
    assert_string_not_equal(first, second);
    assert_int_equal(first[strlen(first) - 9], '-');
    assert_int_equal(first[strlen(first) - 10], '\xa4');
    CLEANUP(memory_free) char *third = store_directory_base_name("example10", label);
    assert_int_equal(third[strlen(third) - 10], '\xa4');
    CLEANUP(value_cleanup) struct value *long_name = value_new_string(label, 398);
    CLEANUP(memory_free) char *name = store_directory_run_name(long_name, 42);
    assert_in_range(strlen(name), 90, 102);
    assert_string_equal(name + strlen(name) - 2, "42");
}

static void finds_the_id_in_a_name(void **state)
{
    static const struct {
        const char *base_name, *data_name;
        int64_t id;
    } cases[] = {
        {"example12_foo_bs32", "example", 12},
        {"example12", "", 12},
        {"resnet503_foo", "resnet50", 3},
        {"v2_7_foo", "v2_", 7},
        {"my_data3_foo", "", 3},
        {"example", "example", -1},
        {"foo-1.5x", "", -1},
        {"123456789012345678", "", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(store_directory_id(cases[i].base_name, strlen(cases[i].base_name),
                                            cases[i].data_name, strlen(cases[i].data_name)),
                         cases[i].id);
}

static void config_json_holds_the_permutation_and_the_run(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = store_new_run(store, plan, 0);
    run->attempt = 2;
    run->gpu_id = 3;
    assert_true(store_prepare_run(store, run, &fixture->err));
    assert_true(store_prepare_run(store, run, &fixture->err));
    CLEANUP(memory_free) char *json = get(fixture, "example0_foo_bs32/config.json");
    CLEANUP(value_cleanup) struct value *config = parse(fixture, json);
    const struct value *identity = value_get(value_get(config, "meta"), "run");
    assert_string_equal(value_text(value_get(identity, "id")), "0");
    assert_string_equal(value_text(value_get(identity, "name")), "example0");
    assert_string_equal(value_text(value_get(identity, "label")), "foo_bs32");
    assert_string_equal(value_text(value_get(identity, "attempt")), "2");
    assert_holds(fixture, "example0_foo_bs32/furcate.json", json);
    assert_string_equal(value_text(value_get(config, "batch_size")), "32");
    assert_string_equal(value_text(value_get(config, "learning_rate")), "0.001");
    assert_string_equal(value_text(value_get(config, "gpu_id")), "3");
    assert_string_equal(value_text(value_get(config, "log_dir")), run->directory);
    assert_non_null(value_get(value_get(config, "meta"), "mem_trace"));
    assert_non_null(strchr(json, '\n'));
    run_destroy(run);
    store_close(store);
    plan_unref(plan);
}

static void a_retry_writes_below_a_header(void **state)
{
    struct fixture *fixture = *state;
    struct run run = {.name = (char *)"example0", .directory = path_of(fixture, "example0"), .attempt = 1};
    int fds[2];
    put(fixture, "example0/unrelated", "");
    assert_true(store_open_output(&run, fds, &fixture->err));
    assert_int_equal(write(fds[0], "out 1\n", 6), 6);
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    assert_holds(fixture, "example0/example0.log", "out 1\n");
    assert_holds(fixture, "example0/example0.err", "");

    run.attempt = 2;
    assert_true(store_open_output(&run, fds, &fixture->err));
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    assert_mentions(fixture, "example0/example0.log", "out 1\n--- attempt 2, 20");
    assert_mentions(fixture, "example0/example0.err", "--- attempt 2, 20");

    run.name = (char *)"example1";
    assert_true(store_open_output(&run, fds, &fixture->err));
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    assert_mentions(fixture, "example0/example1.log", "--- attempt 2, 20");
    free(run.directory);
}

/* The most bytes a file may have: stands in for a full disk. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_leaves_no_torn_header(void **state)
{
    struct fixture *fixture = *state;
    struct run run = {.name = (char *)"example0", .directory = path_of(fixture, "example0"), .attempt = 2};
    int fds[2];
    put(fixture, "example0/example0.log", "out 1\n");
    signal(SIGXFSZ, SIG_IGN);
    limit_files(10);
    assert_false(store_open_output(&run, fds, &fixture->err));
    limit_files(RLIM_INFINITY);
    assert_true(fixture->err.may_pass);
    assert_holds(fixture, "example0/example0.log", "out 1\n");
    free(run.directory);
}

static void a_run_that_was_not_launched_leaves_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = store_new_run(store, plan, 0);
    int fds[2];
    for (run->attempt = 1; run->attempt <= 2; run->attempt++) {
        assert_true(store_prepare_run(store, run, &fixture->err));
        assert_true(store_open_output(run, fds, &fixture->err));
        file_close_fd(&fds[0]);
        file_close_fd(&fds[1]);
        store_withdraw_run(run);
        assert_int_equal(access(run->directory, F_OK), run->attempt == 1 ? -1 : 0);
    }
    assert_holds(fixture, "example0_foo_bs32/example0.log", "");
    put(fixture, "example0_foo_bs32/example0.log", "out 1\n");
    put(fixture, "example0_foo_bs32/metrics.jsonl", "{\"loss\": 1}\n");
    assert_true(store_open_output(run, fds, &fixture->err));
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    assert_holds(fixture, "example0_foo_bs32/metrics.jsonl", "{\"loss\": 1}\n{\"attempt\": 3}\n");
    store_withdraw_run(run);
    assert_holds(fixture, "example0_foo_bs32/example0.log", "out 1\n");
    assert_holds(fixture, "example0_foo_bs32/metrics.jsonl", "{\"loss\": 1}\n");
    run_destroy(run);
    store_close(store);
    plan_unref(plan);
}

static void a_missing_run_directory_is_an_error_that_names_it(void **state)
{
    struct fixture *fixture = *state;
    struct run run = {.name = (char *)"example0", .directory = path_of(fixture, "nowhere"), .attempt = 1};
    int fds[2];
    assert_false(store_open_output(&run, fds, &fixture->err));
    assert_non_null(strstr(fixture->err.text, "nowhere"));
    assert_int_equal(fds[0], -1);
    assert_int_equal(fds[1], -1);
    free(run.directory);
}

static void assert_tail(struct fixture *fixture, const char *content, const char *expected)
{
    struct run run = {.name = (char *)"example0", .directory = path_of(fixture, "example0")};
    put(fixture, "example0/example0.err", content);
    CLEANUP(memory_free) char *errors = store_read_output(&run, "err");
    CLEANUP(memory_free) char *tail = store_error_tail(errors);
    assert_string_equal(tail, expected);
    free(run.directory);
}

static void the_tail_is_what_the_last_attempt_said_last(void **state)
{
    assert_tail(*state, "", "");
    assert_tail(*state, "\n\n", "");
    assert_tail(*state, "one", "one");
    assert_tail(*state, "1\n2\n\n3\n4\n5\n6\n", "2\n3\n4\n5\n6");
    assert_tail(*state, "old\n--- attempt 2, 2020-12-02 16:04:33 ---\nnew\n", "new");
    assert_tail(*state, "old\n--- attempt 2, 2020-12-02 16:04:33 ---\n", "");
    assert_tail(*state, " 1%\r 50%\r100%\r\nKilled\r\n", "100%\nKilled");
}

static void the_tail_is_short_and_whole_utf_8(void **state)
{
    CLEANUP(text_free) struct text content = {0};
    text_add(&content, "x");
    for (int i = 0; i < 9000; i++)
        text_add(&content, "ä");
    text_add(&content, "x");
    put(*state, "example0/example0.err", content.data);
    CLEANUP(memory_free) char *directory = path_of(*state, "example0");
    struct run run = {.name = (char *)"example0", .directory = directory};
    CLEANUP(memory_free) char *errors = store_read_output(&run, "err");
    CLEANUP(memory_free) char *tail = store_error_tail(errors);
    assert_in_range(strlen(tail), 998, 1000);
    assert_memory_equal(tail, "ä", 2);
}

static void a_run_without_output_has_no_tail(void **state)
{
    CLEANUP(memory_free) char *directory = path_of(*state, "nowhere");
    struct run run = {.name = (char *)"example0", .directory = directory};
    CLEANUP(memory_free) char *errors = store_read_output(&run, "err");
    CLEANUP(memory_free) char *tail = store_error_tail(errors);
    assert_string_equal(tail, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_runs_as_the_spec_does, set_up, tear_down),
        cmocka_unit_test(a_name_holds_what_a_path_can),
        cmocka_unit_test(a_long_name_ends_in_a_hash),
        cmocka_unit_test(finds_the_id_in_a_name),
        cmocka_unit_test_setup_teardown(config_json_holds_the_permutation_and_the_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_retry_writes_below_a_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_no_torn_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_that_was_not_launched_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_run_directory_is_an_error_that_names_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_tail_is_what_the_last_attempt_said_last, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_tail_is_short_and_whole_utf_8, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_without_output_has_no_tail, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
