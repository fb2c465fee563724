/* What a commit leaves in run_data.csv, run_data.json and furcate.db. */
#include "fixture.h"

#include <pthread.h>
#include <sqlite3.h>

static int64_t query(struct fixture *fixture, const char *sql)
{
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.db");
    sqlite3 *database;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return number;
}

/* Moves run_data.csv to `name`, or the other way round. */
static void move(struct fixture *fixture, const char *from, const char *to)
{
    CLEANUP(memory_free) char *source = path_of(fixture, from);
    CLEANUP(memory_free) char *target = path_of(fixture, to);
    assert_int_equal(rename(source, target), 0);
}

static void writes_json_row_and_database(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 1, "{results: [0.25], train_loss: 0.5, epochs: 50}");

    assert_int_equal(count_lines(fixture, "run_data.csv"), 2);
    assert_mentions(fixture, "run_data.csv", "data_name,data_dir,batch_size,epochs,");
    assert_mentions(fixture, "run_data.csv",
                    "run_results,run_train_loss,run_epochs,run_id,run_name,run_attempts\n");
    assert_mentions(fixture, "run_data.csv", "example,foo/,64,50,");
    assert_mentions(fixture, "run_data.csv", "/logs/example0_foo_bs64,-1,");
    assert_mentions(fixture, "run_data.csv", "[0.25],0.5,50,0,example0,1\n");
    CLEANUP(memory_free) char *json = get(fixture, "example0_foo_bs64/run_data.json");
    CLEANUP(value_cleanup) struct value *run_data = parse(fixture, json);
    const struct value *meta = value_get(run_data, "meta");
    assert_string_equal(value_text(value_get(run_data, "batch_size")), "64");
    assert_string_equal(value_text(value_get(value_get(meta, "data"), "train_loss")), "0.5");
    assert_string_equal(value_text(value_get(value_get(meta, "run"), "name")), "example0");
    assert_int_equal(query(fixture, "SELECT count(*) FROM runs WHERE state = 'finished' AND id = 0"), 1);
    assert_int_equal(query(fixture, "SELECT pid FROM attempts WHERE run_id = 0 AND attempt = 1"), 4711);
    store_close(store);
    plan_unref(plan);
}

static void nothing_pending_is_no_batch(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    assert_false(store_commit_begin(store));
    assert_true(store_flush(store, &fixture->err));
    store_close(store);
}

static void takes_the_run_data_that_the_run_wrote(void **state)
{
    struct fixture *fixture = *state;
    bool has;
    char *fault;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = start_run(fixture, store, plan, 0);
    assert_true(store_has_run_data(run, &has, &fault, &fixture->err));
    assert_false(has);
    CLEANUP(memory_free) char *text = get(fixture, "example0_foo_bs32/config.json");
    CLEANUP(value_cleanup) struct value *config = parse(fixture, text);
    CLEANUP(value_cleanup) struct value *data = parse(fixture, "{results: [0.75], val_accuracy: 0.875}");
    CLEANUP(value_cleanup) struct value *run_data = store_run_data(config, data);
    assert_true(store_write_run_data(run->directory, run_data, &fixture->err));
    assert_true(store_has_run_data(run, &has, &fault, &fixture->err));
    assert_true(has);
    assert_null(fault);

    store_add_finished(store, run, &success, NULL);
    run_destroy(run);
    assert_true(store_flush(store, &fixture->err));
    assert_mentions(fixture, "run_data.csv", "[0.75],0.875,,0,example0,1\n");
    store_close(store);
    plan_unref(plan);
}

static void completes_the_config_with_the_data(void **state)
{
    struct fixture *fixture = *state;
    static const char data_text[] = "{results: [0.75, {a: 1}], val_loss: 0.5, none: {}}";
    struct plan *plan =
        make_plan(fixture, "{data_name: example, data_dir: foo/, batch_size: [32, 64], epochs: 5,"
                           " meta: {data: {val_loss: 7}, run: {id: 7, name: other}, retries: 1}}");
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, data_text);
    CLEANUP(memory_free) char *config_json = get(fixture, "example0_foo_bs32/config.json");
    CLEANUP(memory_free) char *run_data_json = get(fixture, "example0_foo_bs32/run_data.json");
    CLEANUP(value_cleanup) struct value *config = parse(fixture, config_json);
    CLEANUP(value_cleanup) struct value *data = parse(fixture, data_text);
    CLEANUP(value_cleanup) struct value *run_data = store_run_data(config, data);
    CLEANUP(text_free) struct text expected = {0};
    value_add_json_lines(&expected, run_data);
    text_add_char(&expected, '\n');
    assert_string_equal(run_data_json, text_get(&expected));
    assert_null(strstr(run_data_json, "other"));
    assert_null(strstr(run_data_json, "\"val_loss\": 7"));
    store_close(store);
    plan_unref(plan);
}

static void records_failures_with_their_last_words(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = start_run(fixture, store, plan, 0);
    struct attempt_end end = {
        .start_time = 1, .end_time = 2, .exit_status = 3, .idle_ns = 150000, .reason = "exit status 3"};
    assert_true(store_flush(store, &fixture->err));
    store_add_failed(store, run, &end, "some\nlast words", true);
    run_destroy(run);
    assert_true(store_flush(store, &fixture->err));
    assert_int_equal(query(fixture, "SELECT count(*) FROM attempts WHERE exit_status = 3 AND pid = 4711 AND"
                                    " idle_ns = 150000 AND reason = 'exit status 3' AND"
                                    " error_tail = 'some' || char(10) || 'last words'"),
                     1);
    assert_int_equal(query(fixture, "SELECT count(*) FROM runs WHERE state = 'failed'"), 1);
    assert_false(is_there(fixture, "run_data.csv"));
    store_close(store);
    plan_unref(plan);
}

static void a_failed_run_can_be_tried_again_after_all(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = start_run(fixture, store, plan, 0);
    struct attempt_end end = {.exit_status = 3, .reason = "exit status 3"};
    store_add_failed(store, run, &end, "", true);
    store_add_state(store, run, false);
    assert_true(store_flush(store, &fixture->err));
    assert_int_equal(query(fixture, "SELECT count(*) FROM runs WHERE state = 'retrying'"), 1);
    store_add_state(store, run, true);
    assert_true(store_flush(store, &fixture->err));
    assert_int_equal(query(fixture, "SELECT count(*) FROM runs WHERE state = 'failed'"), 1);
    assert_int_equal(query(fixture, "SELECT count(*) FROM attempts"), 1);
    assert_int_equal(query(fixture, "SELECT exit_status FROM attempts WHERE attempt = 1 AND pid = 4711"), 3);
    run_destroy(run);
    store_close(store);
    plan_unref(plan);
}

static void adds_a_column_by_rewriting(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    put(fixture, "run_data.csv",
        "data_name,old,data_dir,batch_size,epochs,meta,run_epochs\n"
        "other,\"a,\n\"\"b\"\"\",foo/,32,50,{},7,beyond\nshort,x\n");
    CLEANUP(memory_free) char *path = path_of(fixture, "run_data.csv");
    assert_int_equal(chmod(path, 0640), 0);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{val_loss: 0.5}");
    assert_mentions(fixture, "run_data.csv", "data_name,old,data_dir,batch_size,epochs,");
    assert_mentions(fixture, "run_data.csv", ",meta,log_dir,gpu_id,run_start_time,");
    assert_mentions(fixture, "run_data.csv",
                    ",run_results,run_val_loss,run_epochs,run_id,run_name,run_attempts\n");
    assert_mentions(fixture, "run_data.csv", "\nother,\"a,\n\"\"b\"\"\",foo/,32,50,");
    assert_mentions(fixture, "run_data.csv", ",7,,,,beyond\nshort,x,");
    assert_mentions(fixture, "run_data.csv", "\nexample,,foo/,32,50,");
    assert_false(is_there(fixture, "run_data.csv.new"));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    store_close(store);
    plan_unref(plan);
}

static void appends_in_the_line_ending_of_the_file(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{}");
    CLEANUP(memory_free) char *content = get(fixture, "run_data.csv");
    CLEANUP(text_free) struct text spreadsheet = {0};
    text_add(&spreadsheet, "\xef\xbb\xbf");
    for (const char *p = content; *p; p++)
        text_addf(&spreadsheet, *p == '\n' ? "\r%c" : "%c", *p);
    put(fixture, "run_data.csv", spreadsheet.data);
    finish_run(fixture, store, plan, 1, "{}");
    CLEANUP(memory_free) char *after = get(fixture, "run_data.csv");
    assert_memory_equal(after, spreadsheet.data, spreadsheet.len);
    assert_non_null(strstr(after + spreadsheet.len, ",1,example1,1\r\n"));
    assert_int_equal(count_finished(fixture, store, plan, NULL), 2);
    store_close(store);
    plan_unref(plan);
}

static void follows_a_file_that_an_editor_put_in_place(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{}");
    move(fixture, "run_data.csv", "backup.csv");
    put(fixture, "run_data.csv", "mine,data_name,batch_size,run_id\nx,example,32,9");
    finish_run(fixture, store, plan, 1, "{}");
    assert_int_equal(count_lines(fixture, "backup.csv"), 2);
    assert_mentions(fixture, "run_data.csv", "mine,data_name,batch_size,");
    assert_mentions(fixture, "run_data.csv", "\nx,example,32,");
    assert_mentions(fixture, "run_data.csv", "\n,example,64,");
    assert_int_equal(count_lines(fixture, "run_data.csv"), 3);
    store_close(store);
    plan_unref(plan);
}

static void appends_below_a_last_line_that_an_editor_left_open(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{}");
    CLEANUP(memory_free) char *content = get(fixture, "run_data.csv");
    put_bytes(fixture, "run_data.csv", content, strlen(content) - 1);
    finish_run(fixture, store, plan, 1, "{}");
    assert_int_equal(count_lines(fixture, "run_data.csv"), 3);
    assert_int_equal(count_finished(fixture, store, plan, NULL), 2);
    store_close(store);
    plan_unref(plan);
}

static void begins_a_new_table_when_the_user_deleted_it(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{}");
    CLEANUP(memory_free) char *path = path_of(fixture, "run_data.csv");
    assert_int_equal(unlink(path), 0);
    finish_run(fixture, store, plan, 1, "{}");
    assert_int_equal(count_lines(fixture, "run_data.csv"), 2);
    store_close(store);
    plan_unref(plan);
}

static void a_failed_commit_is_taken_up_where_it_stopped(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = start_run(fixture, store, plan, 0);
    put(fixture, "run_data.csv/in_the_way", "");
    store_add_finished(store, run, &success, parse(fixture, "{}"));
    run_destroy(run);
    assert_true(store_commit_begin(store));
    assert_false(store_commit_work(store, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_SYSTEM);
    assert_non_null(strstr(fixture->err.text, "run_data.csv"));
    assert_true(is_there(fixture, "example0_foo_bs32/run_data.json"));

    move(fixture, "run_data.csv", "aside");
    finish_run(fixture, store, plan, 1, "{}");
    assert_int_equal(count_lines(fixture, "run_data.csv"), 3);
    assert_int_equal(count_finished(fixture, store, plan, NULL), 2);
    store_close(store);
    plan_unref(plan);
}

/* Makes the database fail, and work again, from outside. */
static void rename_table(struct fixture *fixture, const char *sql)
{
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.db");
    sqlite3 *database;
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

static void no_row_is_written_twice_when_the_database_fails(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    struct run *run = start_run(fixture, store, plan, 0);
    store_add_finished(store, run, &success, parse(fixture, "{}"));
    run_destroy(run);
    rename_table(fixture, "ALTER TABLE attempts RENAME TO hidden");
    assert_false(store_flush(store, &fixture->err));
    assert_non_null(strstr(fixture->err.text, "furcate.db"));
    rename_table(fixture, "ALTER TABLE hidden RENAME TO attempts");
    assert_true(store_flush(store, &fixture->err));
    assert_int_equal(count_lines(fixture, "run_data.csv"), 2);
    assert_int_equal(query(fixture, "SELECT count(*) FROM attempts"), 1);
    store_close(store);
    plan_unref(plan);
}

static void *work(void *store)
{
    struct error err;
    return store_commit_work(store, &err) ? store : NULL;
}

static void takes_records_while_a_batch_is_written(void **state)
{
    enum { count = 200 };
    struct fixture *fixture = *state;
    CLEANUP(text_free) struct text config = {0};
    text_add(&config, "{data_name: example, data_dir: foo/, batch_size: 1, epochs: 1, seed: [0");
    for (int i = 1; i < count; i++)
        text_addf(&config, ", %d", i);
    text_add(&config, "]}");
    struct plan *plan = make_plan(fixture, config.data);
    struct store *store = open_store(fixture);
    for (uint64_t rank = 0; rank < count;) {
        pthread_t worker;
        void *done = store;
        bool busy = store_commit_begin(store);
        if (busy)
            assert_int_equal(pthread_create(&worker, NULL, work, store), 0);
        for (uint64_t end = rank + 50; rank < end; rank++) {
            struct run *run = start_run(fixture, store, plan, rank);
            store_add_finished(store, run, &success, parse(fixture, "{val_loss: 0.5}"));
            run_destroy(run);
        }
        if (busy)
            assert_int_equal(pthread_join(worker, &done), 0);
        assert_non_null(done);
    }
    assert_true(store_flush(store, &fixture->err));
    assert_int_equal(count_lines(fixture, "run_data.csv"), 1 + count);
    assert_int_equal(count_finished(fixture, store, plan, NULL), count);
    store_close(store);
    plan_unref(plan);
}

static void goes_on_when_the_database_is_deleted_meanwhile(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 0, "{}");
    move(fixture, "furcate.db", "gone");
    finish_run(fixture, store, plan, 1, "{}");
    assert_int_equal(count_lines(fixture, "run_data.csv"), 3);
    store_close(store);
    plan_unref(plan);
}

static void sets_a_broken_database_aside(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "furcate.db", "this is no database, but long enough that nobody takes it for an empty one");
    store_close(open_store(fixture));
    assert_mentions(fixture, "furcate.db.broken", "this is no database");
    assert_mentions(fixture, "furcate.log", "furcate.db.broken");
    assert_int_equal(query(fixture, "PRAGMA user_version"), 4);
}

static void sets_a_foreign_database_aside(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.db");
    sqlite3 *database;
    put(fixture, "furcate.db", "");
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, "CREATE TABLE photos (name)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    store_close(open_store(fixture));
    assert_true(is_there(fixture, "furcate.db.broken"));
    assert_mentions(fixture, "furcate.log", "was not made by this version of furcate");
    assert_int_equal(query(fixture, "SELECT count(*) FROM runs"), 0);
}

/* What made the first versions' tables, each as its release had it. */
static const char first_version[] =
    "PRAGMA application_id = 1182102115; PRAGMA user_version = 1;"
    "CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, label TEXT NOT NULL, directory TEXT NOT "
    "NULL,"
    " state TEXT NOT NULL);"
    "CREATE INDEX runs_not_finished ON runs (id) WHERE state <> 'finished';"
    "CREATE TABLE attempts (run_id INTEGER NOT NULL, attempt INTEGER NOT NULL, gpu_id INTEGER NOT NULL, pid "
    "INTEGER,"
    " start_time REAL, end_time REAL, exit_status INTEGER, signal INTEGER, reason TEXT, error_tail TEXT,"
    " idle_ns INTEGER, PRIMARY KEY (run_id, attempt)) WITHOUT ROWID;"
    "CREATE TABLE facts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO runs VALUES (7, 'a', 'b', 'c', 'failed');"
    "INSERT INTO attempts VALUES (7, 1, 0, 12, 1.5, 2.5, 3, 0, 'exit status 3', 'no luck', 99);";
static const char second_version[] =
    "CREATE TABLE texts (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID; PRAGMA user_version = 2;"
    "INSERT INTO texts VALUES ('config', '{}');";

static const char third_version[] =
    "ALTER TABLE attempts ADD COLUMN slot TEXT; ALTER TABLE attempts ADD COLUMN seconds REAL;"
    "ALTER TABLE attempts ADD COLUMN cpu_seconds REAL; ALTER TABLE attempts ADD COLUMN peak_memory INTEGER;"
    "CREATE VIEW slots AS SELECT slot, count(*) AS attempts, sum(seconds) AS busy_seconds,"
    " 1e-9 * total(idle_ns) AS idle_seconds FROM attempts WHERE slot <> '' GROUP BY slot; PRAGMA "
    "user_version = 3;";

static void brings_up_to_date(struct fixture *fixture, const char *const versions[3])
{
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.db");
    sqlite3 *database;
    store_close(open_store(fixture));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    for (int i = 0; i < 3 && versions[i]; i++)
        assert_int_equal(sqlite3_exec(database, versions[i], NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
    store_close(open_store(fixture));
    assert_int_equal(query(fixture, "PRAGMA user_version"), 4);
    assert_int_equal(query(fixture, "SELECT count(*) FROM starts"), 0);
    assert_int_equal(query(fixture, "SELECT count(*) FROM attempts WHERE start_id IS NULL AND code IS NULL"),
                     1);
    assert_int_equal(query(fixture, "SELECT count(*) FROM runs WHERE id = 7"), 1);
    assert_int_equal(query(fixture, "SELECT idle_ns FROM attempts WHERE exit_status = 3 AND slot IS NULL"),
                     99);
    assert_int_equal(
        query(fixture, "SELECT count(seconds) + count(cpu_seconds) + count(peak_memory) FROM attempts"), 0);
    assert_int_equal(query(fixture, "SELECT count(*) FROM slots"), 0);
    assert_int_equal(query(fixture, "SELECT count(*) FROM texts"), versions[1] ? 1 : 0);
    assert_false(is_there(fixture, "furcate.db.broken"));
}

static void brings_a_database_of_the_first_version_up_to_date(void **state)
{
    brings_up_to_date(*state, (const char *const[3]){first_version});
}

static void brings_a_database_of_the_second_version_up_to_date(void **state)
{
    brings_up_to_date(*state, (const char *const[3]){first_version, second_version});
}

static void brings_a_database_of_the_third_version_up_to_date(void **state)
{
    brings_up_to_date(*state, (const char *const[3]){first_version, second_version, third_version});
}

static void remembers_the_config_that_is_carried_out(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan =
        make_plan(fixture, "{data_name: example, data_dir: foo/, batch_size: [32, 6.40e1], epochs: 1,"
                           " odd: ['1', {a: [null]}], meta: {exclude_configs: [{odd: '1'}]}}");
    struct store *store = open_store(fixture);
    struct faults *faults = faults_create("logs");
    assert_null(store_peek_config(store_directory(store), faults));
    assert_int_equal(faults_count(faults, FAULT_ERROR), 1);
    store_set_config(store, store_format_config(plan_config(plan)));
    assert_true(store_commit_begin(store));
    struct error err;
    assert_true(store_commit_work(store, &err));
    assert_false(store_commit_begin(store));

    faults_destroy(faults);
    faults = faults_create("logs");
    struct config *config = store_peek_config(store_directory(store), faults);
    assert_non_null(config);
    CLEANUP(value_cleanup) struct value *given = config_as_given(plan_config(plan));
    CLEANUP(value_cleanup) struct value *back = config_as_value(config);
    assert_true(value_equal(given, back));
    assert_string_equal(value_text(value_item(value_get(back, "batch_size"), 1)), "6.40e1");
    config_unref(config);
    faults_destroy(faults);
    store_close(store);
    plan_unref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_json_row_and_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_pending_is_no_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(completes_the_config_with_the_data, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_the_run_data_that_the_run_wrote, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_failures_with_their_last_words, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_run_can_be_tried_again_after_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(adds_a_column_by_rewriting, set_up, tear_down),
        cmocka_unit_test_setup_teardown(appends_in_the_line_ending_of_the_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(follows_a_file_that_an_editor_put_in_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(appends_below_a_last_line_that_an_editor_left_open, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(begins_a_new_table_when_the_user_deleted_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_commit_is_taken_up_where_it_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_row_is_written_twice_when_the_database_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_records_while_a_batch_is_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_when_the_database_is_deleted_meanwhile, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sets_a_broken_database_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(sets_a_foreign_database_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(brings_a_database_of_the_first_version_up_to_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(brings_a_database_of_the_second_version_up_to_date, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(brings_a_database_of_the_third_version_up_to_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(remembers_the_config_that_is_carried_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
