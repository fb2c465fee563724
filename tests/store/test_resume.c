/* What a start makes of the table, the database and the run directories that it finds. */
#include "fixture.h"

#include <fcntl.h>

static void remove_file(struct fixture *fixture, const char *name)
{
    CLEANUP(memory_free) char *path = path_of(fixture, name);
    assert_int_equal(unlink(path), 0);
}

/* As if the machine's clock had been put back since: the time of a file says nothing about a run then. */
static void date_in_the_future(struct fixture *fixture, const char *name)
{
    static const struct timespec future[2] = {{4102444800, 0}, {4102444800, 0}};
    CLEANUP(memory_free) char *path = path_of(fixture, name);
    assert_int_equal(utimensat(AT_FDCWD, path, future, 0), 0);
}

/* As if the clock had been put back before the file was written. */
static void date_in_the_past(struct fixture *fixture, const char *name)
{
    static const struct timespec past[2] = {{1000000000, 0}, {1000000000, 0}};
    CLEANUP(memory_free) char *path = path_of(fixture, name);
    assert_int_equal(utimensat(AT_FDCWD, path, past, 0), 0);
}

/* Cuts bytes off the end of a file. */
static void tear(struct fixture *fixture, const char *name, size_t bytes)
{
    CLEANUP(memory_free) char *content = get(fixture, name);
    put_bytes(fixture, name, content, strlen(content) - bytes);
}

/* Takes the last line of the table away, as a user does with an editor. */
static void delete_last_row(struct fixture *fixture)
{
    CLEANUP(memory_free) char *content = get(fixture, "run_data.csv");
    content[strlen(content) - 1] = '\0';
    put_bytes(fixture, "run_data.csv", content, (size_t)(strrchr(content, '\n') + 1 - content));
}

/* A session that finishes the first `count` permutations of the plan. */
static void finish_session(struct fixture *fixture, const struct plan *plan, uint64_t count)
{
    struct store *store = open_store(fixture);
    for (uint64_t rank = 0; rank < count; rank++)
        finish_run(fixture, store, plan, rank, "{results: [0.5]}");
    store_close(store);
}

/* What a Fork program does at its end. */
static void complete_run(struct fixture *fixture, const struct run *run)
{
    CLEANUP(memory_free) char *path = file_join(run->directory, "config.json");
    CLEANUP(value_cleanup) struct value *config = config_parse_file(path, &fixture->err);
    CLEANUP(value_cleanup) struct value *data = parse(fixture, "{results: [0.125]}");
    CLEANUP(value_cleanup) struct value *run_data = store_run_data(config, data);
    assert_true(store_write_run_data(run->directory, run_data, &fixture->err));
}

/* A start that is killed while the run of a permutation is on its way; with `complete` after its
 * run_data.json, before anything else was written. */
static void killed_session(struct fixture *fixture, const struct plan *plan, uint64_t rank, bool complete)
{
    struct store *store = open_store(fixture);
    struct run *run = store_new_run(store, plan, rank);
    run->attempt++;
    assert_true(store_prepare_run(store, run, &fixture->err));
    if (complete)
        complete_run(fixture, run);
    run_destroy(run);
    store_close(store);
}

/* The id that a permutation gets, and its attempts so far. */
static int64_t new_id(struct fixture *fixture, const struct plan *plan, uint64_t rank, int *attempts)
{
    struct store *store = open_store(fixture);
    struct run *run = store_new_run(store, plan, rank);
    int64_t id = run->id;
    if (attempts)
        *attempts = run->attempt;
    run_destroy(run);
    store_close(store);
    return id;
}

static size_t finished_at_start(struct fixture *fixture, const struct plan *plan)
{
    struct store *store = open_store(fixture);
    size_t count = count_finished(fixture, store, plan, NULL);
    store_close(store);
    return count;
}

static void begins_with_id_0(void **state)
{
    struct plan *plan = make_plan(*state, TWO_RUNS);
    int attempts;
    assert_int_equal(new_id(*state, plan, 1, &attempts), 0);
    assert_int_equal(attempts, 0);
    plan_unref(plan);
}

static void goes_on_after_the_highest_id(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    put(fixture, "run_data.csv", "data_name,log_dir,run_id\nexample,logs/example7_foo,7\n");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 8);
    put(fixture, "run_data.csv", "data_name,log_dir\nset2,logs/set212_foo_bs64/\n\"a_b\",logs/a_b9\n");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 13);
    put(fixture, "example20_foo_bs32/config.json", "{torn");
    put(fixture, "example20_foo_bs32/example20.log", "");
    put(fixture, "ckpt_99_a/config.json", "{model: bert}"); /* not a run's */
    put(fixture, "notes99/readme", "no run");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 21);
    put(fixture, "odd/config.json", "{meta: {run: {id: 30}}}");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 31);
    plan_unref(plan);
}

static void never_gives_an_id_twice(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 1);
    delete_last_row(fixture);
    remove_file(fixture, "example0_foo_bs32/run_data.json");
    remove_file(fixture, "example0_foo_bs32/config.json");
    remove_file(fixture, "example0_foo_bs32/furcate.json");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 1);
    put(fixture, "run_data.csv", "data_name,run_id\nexample,7\n");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 8);
    remove_file(fixture, "run_data.csv");
    assert_int_equal(new_id(fixture, plan, 0, NULL), 8);
    plan_unref(plan);
}

static void resumes_a_deleted_row_under_a_new_id(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 2);
    assert_int_equal(finished_at_start(fixture, plan), 2);
    delete_last_row(fixture);
    for (int start = 0; start < 3; start++)
        assert_int_equal(finished_at_start(fixture, plan), 1);
    assert_int_equal(new_id(fixture, plan, 1, NULL), 2);
    plan_unref(plan);
}

static void a_deleted_table_runs_everything_again(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 2);
    remove_file(fixture, "run_data.csv");
    assert_int_equal(finished_at_start(fixture, plan), 0);
    assert_int_equal(new_id(fixture, plan, 0, NULL), 2);
    plan_unref(plan);
}

static void gives_a_row_to_a_complete_run_without_one(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 1);
    killed_session(fixture, plan, 1, true);
    assert_int_equal(finished_at_start(fixture, plan), 2);
    assert_mentions(fixture, "run_data.csv", "logs/example1_foo_bs64,-1,,,,,,,[0.125],,1,example1,1\n");
    assert_mentions(fixture, "furcate.log", "example1_foo_bs64 is complete");
    assert_int_equal(finished_at_start(fixture, plan), 2);
    assert_int_equal(count_lines(fixture, "run_data.csv"), 3);

    delete_last_row(fixture);
    assert_int_equal(finished_at_start(fixture, plan), 1);
    plan_unref(plan);
}

static void gives_a_row_to_a_run_that_ended_after_the_clock_was_put_back(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    /* An id beyond the numbers of the label: one of those could be of an id that was given later. */
    put(fixture, "run_data.csv", "data_name,log_dir,run_id\nset,logs/set99_foo,99\n");
    struct store *store = open_store(fixture);
    struct run *run = start_run(fixture, store, plan, 0);
    assert_true(store_flush(store, &fixture->err));
    complete_run(fixture, run);
    run_destroy(run);
    store_close(store);
    date_in_the_past(fixture, "example100_foo_bs32/run_data.json");
    assert_int_equal(finished_at_start(fixture, plan), 1);
    assert_int_equal(finished_at_start(fixture, plan), 1);
    delete_last_row(fixture);
    assert_int_equal(finished_at_start(fixture, plan), 0);
    plan_unref(plan);
}

static void gives_a_row_also_to_a_run_that_the_database_never_saw(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 1);
    killed_session(fixture, plan, 1, true); /* before its start was recorded */
    date_in_the_past(fixture, "example1_foo_bs64/run_data.json");
    assert_int_equal(finished_at_start(fixture, plan), 2);
    delete_last_row(fixture);
    assert_int_equal(finished_at_start(fixture, plan), 1);
    plan_unref(plan);
}

static void expect_a_row_for_id_1(struct fixture *fixture, const char *config, const char *run_data)
{
    struct plan *plan = make_plan(fixture, config);
    finish_session(fixture, plan, 1);
    delete_last_row(fixture);
    assert_int_equal(finished_at_start(fixture, plan), 0);
    killed_session(fixture, plan, 1, true);
    date_in_the_past(fixture, run_data);
    for (int start = 0; start < 2; start++)
        assert_int_equal(finished_at_start(fixture, plan), 1);
    assert_int_equal(new_id(fixture, plan, 0, NULL), 2);
    plan_unref(plan);
}

static void a_data_name_with_digits_hides_no_id(void **state)
{
    expect_a_row_for_id_1(*state, "{data_name: cifar10, data_dir: foo/, batch_size: [32, 64], epochs: 50}",
                          "cifar101_foo_bs64/run_data.json");
}

static void a_data_name_that_has_an_ids_form_hides_no_id(void **state)
{
    expect_a_row_for_id_1(*state, "{data_name: v0_set, data_dir: foo/, batch_size: [32, 64], epochs: 50}",
                          "v0_set1_foo_bs64/run_data.json");
}

/* Whose id the database does not know: else that tells whether it is from elsewhere. */
static void the_time_decides_about_a_directory_from_elsewhere(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    static const char other[] = "{data_name: example, data_dir: foo/, batch_size: 64, epochs: 50,"
                                " meta: {run: {id: 1, name: example1, label: x}, data: {}}}";
    static const char third[] = "{data_name: example, data_dir: foo/, batch_size: 64, epochs: 50,"
                                " meta: {run: {id: 1, name: example1, label: y}, data: {}}}";
    finish_session(fixture, plan, 1);
    killed_session(fixture, plan, 1, false); /* so that id 1 is given */
    store_close(open_store(fixture));
    put(fixture, "example1_old/run_data.json", other);
    date_in_the_past(fixture, "example1_old/run_data.json");
    assert_int_equal(finished_at_start(fixture, plan), 1);
    put(fixture, "example1_new/run_data.json", third);
    assert_int_equal(finished_at_start(fixture, plan), 2);
    plan_unref(plan);
}

static void without_the_database_the_table_alone_decides(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 1);
    killed_session(fixture, plan, 1, true);
    remove_file(fixture, "furcate.db");
    for (int start = 0; start < 3; start++) {
        assert_int_equal(finished_at_start(fixture, plan), 1);
        date_in_the_future(fixture, "example1_foo_bs64/run_data.json");
    }
    assert_int_equal(new_id(fixture, plan, 1, NULL), 2);
    plan_unref(plan);
}

static void keeps_the_id_of_an_unfinished_run(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    int attempts;
    killed_session(fixture, plan, 1, false);
    assert_int_equal(new_id(fixture, plan, 0, NULL), 1);
    assert_int_equal(new_id(fixture, plan, 1, &attempts), 0);
    assert_int_equal(attempts, 1);
    killed_session(fixture, plan, 1, false);
    remove_file(fixture, "furcate.db");
    assert_int_equal(new_id(fixture, plan, 1, &attempts), 0);
    assert_int_equal(attempts, 2);
    plan_unref(plan);
}

static void keeps_the_directory_when_the_label_changed(void **state)
{
    struct fixture *fixture = *state;
    struct plan *one = make_plan(fixture, "{data_name: example, data_dir: foo/, batch_size: 64, epochs: 50}");
    killed_session(fixture, one, 0, false);
    plan_unref(one);
    struct plan *two = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = store_new_run(store, two, 1);
    assert_string_equal(strrchr(run->directory, '/'), "/example0_foo");
    assert_string_equal(run->label, "foo");
    assert_string_equal(run->name, "example0");
    run_destroy(run);
    store_close(store);
    plan_unref(two);
}

static void keeps_the_id_of_a_failed_run_until_it_is_finished(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct attempt_end end = {
        .start_time = 1, .end_time = 2, .exit_status = 1, .idle_ns = -1, .reason = "exit status 1"};
    struct run *run = start_run(fixture, store, plan, 0);
    store_add_failed(store, run, &end, "", true);
    run_destroy(run);
    run = start_run(fixture, store, plan, 0);
    assert_int_equal(run->id, 0);
    assert_int_equal(run->attempt, 2);
    store_add_finished(store, run, &success, parse(fixture, "{}"));
    run_destroy(run);
    run = store_new_run(store, plan, 0);
    assert_int_equal(run->id, 1);
    run_destroy(run);
    assert_true(store_flush(store, &fixture->err));
    assert_mentions(fixture, "run_data.csv", ",0,example0,2\n");
    store_close(store);
    plan_unref(plan);
}

static void cuts_off_a_torn_last_line(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 2);
    CLEANUP(memory_free) char *whole = get(fixture, "run_data.csv");
    tear(fixture, "run_data.csv", 20);
    struct store *store = open_store(fixture);
    assert_mentions(fixture, "furcate.log", "cut off a torn last line");
    assert_int_equal(count_finished(fixture, store, plan, NULL), 1);
    store_close(store);
    CLEANUP(memory_free) char *cut = get(fixture, "run_data.csv");
    assert_memory_equal(whole, cut, strlen(cut));
    assert_int_equal(cut[strlen(cut) - 1], '\n');
    plan_unref(plan);
}

static void nothing_is_left_of_a_torn_header(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    put(fixture, "run_data.csv", "data_name,\"bat");
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{}");
    CLEANUP(memory_free) char *content = get(fixture, "run_data.csv");
    assert_int_equal(strncmp(content, "data_name,data_dir,batch_size,", 30), 0);
    assert_null(strstr(content, "bat,"));
    store_close(store);
    plan_unref(plan);
}

static void cuts_off_a_line_torn_within_quotes(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "run_data.csv", "data_name,run_id,text\nexample,1,x\nexample,2,\"two\nli");
    store_close(open_store(fixture));
    assert_holds(fixture, "run_data.csv", "data_name,run_id,text\nexample,1,x\n");
}

static void a_run_whose_row_was_torn_gets_it_again(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    finish_session(fixture, plan, 1);
    killed_session(fixture, plan, 1, true);
    CLEANUP(memory_free) char *content = get(fixture, "run_data.csv");
    CLEANUP(memory_free) char *torn = text_format("%sexample,foo/,64,50,\"{\"\"a", content);
    put(fixture, "run_data.csv", torn);
    assert_int_equal(finished_at_start(fixture, plan), 2);
    plan_unref(plan);
}

static void keeps_a_last_line_that_only_lacks_its_newline(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "run_data.csv", "data_name,batch_size,run_id\r\nexample,32,1");
    store_close(open_store(fixture));
    assert_holds(fixture, "run_data.csv", "data_name,batch_size,run_id\r\nexample,32,1\r\n");
}

static void refuses_a_table_with_a_quote_that_lacks_its_pair(void **state)
{
    struct fixture *fixture = *state;
    static const char content[] =
        "data_name,batch_size,run_id\nexample,\"32,1\nexample,64,2\nexample,128,3\n";
    put(fixture, "run_data.csv", content);
    assert_null(store_open(fixture->log_dir, NULL, &fixture->err));
    assert_non_null(
        strstr(fixture->err.text, "a quote lacks its pair in the line that begins with 'example,\"32,1'"));
    assert_holds(fixture, "run_data.csv", content);
}

static void a_row_that_the_database_missed_is_known_as_written(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    run_destroy(start_run(fixture, store, plan, 0));
    assert_true(store_flush(store, &fixture->err));
    store_close(store);
    killed_session(fixture, plan, 0, true);
    put(fixture, "run_data.csv",
        "data_name,data_dir,batch_size,epochs,log_dir,run_id\n"
        "example,foo/,32,50,logs/example0_foo_bs32,0\n");
    date_in_the_future(fixture, "example0_foo_bs32/run_data.json");
    assert_int_equal(finished_at_start(fixture, plan), 1);
    delete_last_row(fixture);
    assert_int_equal(finished_at_start(fixture, plan), 0);
    plan_unref(plan);
}

static void ignores_folders_that_are_no_runs(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "tensorboard/events", "x");
    put(fixture, "empty.json/config.json", "[1, 2]");
    put(fixture, "odd/run_data.json", "{torn");
    put(fixture, "odder/run_data.json", "{meta: 1, data_name: {}}");
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    assert_int_equal(new_id(fixture, plan, 0, NULL), 0);
    assert_false(is_there(fixture, "run_data.csv"));
    plan_unref(plan);
}

static void takes_no_directory_that_is_there(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "example0_foo_bs32/precious", "x");
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    assert_int_equal(new_id(fixture, plan, 0, NULL), 1);
    plan_unref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(begins_with_id_0, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_after_the_highest_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_gives_an_id_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resumes_a_deleted_row_under_a_new_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deleted_table_runs_everything_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_a_row_to_a_complete_run_without_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_a_row_to_a_run_that_ended_after_the_clock_was_put_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(gives_a_row_also_to_a_run_that_the_database_never_saw, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_data_name_with_digits_hides_no_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_data_name_that_has_an_ids_form_hides_no_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_time_decides_about_a_directory_from_elsewhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_the_database_the_table_alone_decides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_id_of_an_unfinished_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_directory_when_the_label_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_the_id_of_a_failed_run_until_it_is_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_off_a_torn_last_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_left_of_a_torn_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cuts_off_a_line_torn_within_quotes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_whose_row_was_torn_gets_it_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeps_a_last_line_that_only_lacks_its_newline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_a_table_with_a_quote_that_lacks_its_pair, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_that_the_database_missed_is_known_as_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(ignores_folders_that_are_no_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_no_directory_that_is_there, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
