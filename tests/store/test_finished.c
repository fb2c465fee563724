/* Which permutations count as finished, by the rows of run_data.csv. */
#include "fixture.h"

/* Opens a store over a CSV and counts the plan's finished permutations; *others may be NULL. */
static size_t finished_by(struct fixture *fixture, const char *config, const char *csv, uint64_t *others)
{
    put(fixture, "run_data.csv", csv);
    struct plan *plan = make_plan(fixture, config);
    struct store *store = open_store(fixture);
    size_t count = count_finished(fixture, store, plan, others);
    store_close(store);
    plan_unref(plan);
    return count;
}

static void knows_its_own_rows_again(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 1,"
                                           " odd: [null, true, 'true', 1, '1', 1.5, '', 'a,\"b\"\\n', [1, "
                                           "'1'], [[1]], {a: null}, ' x ', 'None', .nan]}");
    struct store *store = open_store(fixture);
    uint64_t others = 7;
    assert_int_equal(count_finished(fixture, store, plan, &others), 0);
    for (uint64_t rank = 0; rank < plan_count(plan); rank++) {
        finish_run(fixture, store, plan, rank, "{results: [0.5]}");
        assert_int_equal(count_finished(fixture, store, plan, &others), rank + 1);
        assert_int_equal(others, 0);
    }
    assert_int_equal(plan_count(plan), 14);
    store_close(store);
    plan_unref(plan);
}

static void a_log_dir_without_table_has_nothing_finished(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    uint64_t others = 7;
    assert_int_equal(count_finished(fixture, store, plan, &others), 0);
    assert_int_equal(others, 0);
    store_close(store);
    plan_unref(plan);
}

#define PYTHON_CONFIG                                                                                        \
    "{data_name: example, data_dir: foo/, batch_size: [32, 64], epochs: 50, learning_rate: [0.0001, 0.001]," \
    " framework: tf, optimizer_name: [Adam, SGD]}"

static void reads_rows_of_the_python_original(void **state)
{
    uint64_t others;
    static const char csv[] = "data_name,data_dir,batch_size,epochs,framework,learning_rate,optimizer_name,"
                              "log_dir,train_prefix,valid_prefix,"
                              "test_prefix,verbose,cache,seed,prefetch,meta,gpu_id,run_start_time,run_total_"
                              "time_string,run_results\n"
                              "example,foo/,32,50,tf,0.0001,Adam,logs/"
                              "example0_foo_bs32,example.train,example.valid,example.test,2,False,42,1,"
                              "\"{'allow_cpu': False, 'max_threads': 2, 'exclude_configs': [], 'mem_trace': "
                              "{'enabled': False}}\",0,1.5,1m,"
                              "\"[0.1, 0.9]\"\n"
                              "example,foo/,64.0,50.0,tf,1e-04,SGD,logs/"
                              "example1_foo_bs64,example.train,example.valid,example.test,2.0,False,"
                              "42.0,1,\"{'allow_cpu': False}\",1,1.5,1m,\n"
                              "example,foo/,128,50,tf,0.0001,Adam,logs/"
                              "example2_foo_bs128,example.train,example.valid,example.test,2,False,42,1,"
                              "{},0,1.5,1m,\n";
    assert_int_equal(finished_by(*state, PYTHON_CONFIG, csv, &others), 2);
    assert_int_equal(others, 1);
}

static void matches_numbers_in_any_spelling(void **state)
{
    static const char csv[] = "data_name,data_dir,batch_size,epochs\n"
                              "example,foo/,32.0,5e1\n"
                              "example,foo/,064,50.000\n";
    assert_int_equal(finished_by(*state, TWO_RUNS, csv, NULL), 2);
}

static void spellings_of_one_data_dir_are_one(void **state)
{
    static const char csv[] = "data_name,data_dir,batch_size,epochs\n"
                              "example,./foo,32,50\nexample,foo//,64,50\nexample,/foo,64,50\n";
    static const char axis[] =
        "{data_name: example, data_dir: [./bar/, foo/], batch_size: [32, 64], epochs: 50}";
    static const char twice[] =
        "{data_name: example, data_dir: [foo, ./foo/], batch_size: [32, 64], epochs: 50}";
    uint64_t others;
    assert_int_equal(finished_by(*state, TWO_RUNS, csv, &others), 2);
    assert_int_equal(others, 1);
    assert_int_equal(finished_by(*state, axis, csv, &others), 2);
    struct plan *plan = make_plan(*state, twice);
    assert_int_equal(plan_count(plan), 2);
    plan_unref(plan);
}

static void a_missing_column_counts_as_the_default(void **state)
{
    static const char csv[] = "data_name,data_dir,batch_size,epochs\nexample,foo/,32,50\n";
    static const char with_default[] =
        "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, learning_rate: [0.001, 0.01]}";
    static const char without[] =
        "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, dropout: [0.1, 0.2]}";
    uint64_t others;
    assert_int_equal(finished_by(*state, with_default, csv, &others), 1);
    assert_int_equal(others, 0);
    assert_int_equal(finished_by(*state, without, csv, &others), 0);
    assert_int_equal(others, 1);
}

static void a_column_added_later_changes_no_match(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "run_data.csv", "data_name,data_dir,batch_size,epochs\nexample,foo/,32,50\n");
    struct plan *plan = make_plan(
        fixture, "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, dropout: [null, 0.1]}");
    struct store *store = open_store(fixture);
    assert_int_equal(count_finished(fixture, store, plan, NULL), 1);
    finish_run(fixture, store, plan, 1, "{}");
    assert_mentions(fixture, "run_data.csv", ",dropout,");
    assert_int_equal(count_finished(fixture, store, plan, NULL), 2);
    store_close(store);
    plan_unref(plan);
}

static void an_empty_cell_counts_as_null_or_the_default(void **state)
{
    static const char csv[] =
        "data_name,data_dir,batch_size,epochs,learning_rate,seed,dropout\nexample,foo/,32,50,,,\n";
    static const char defaults[] =
        "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, learning_rate: [0.1, 0.001]}";
    static const char nulls[] =
        "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, dropout: [0.1, null]}";
    static const char others[] =
        "{data_name: example, data_dir: foo/, batch_size: 32, epochs: 50, seed: [1, 2]}";
    assert_int_equal(finished_by(*state, defaults, csv, NULL), 1);
    assert_int_equal(finished_by(*state, nulls, csv, NULL), 1);
    assert_int_equal(finished_by(*state, others, csv, NULL), 0);
}

static void a_row_without_any_content_is_none(void **state)
{
    static const char csv[] = "data_name,data_dir,batch_size,epochs,run_id\n,,,,\n\"\",\"\",,,\n";
    uint64_t others;
    assert_int_equal(finished_by(*state, TWO_RUNS, csv, &others), 0);
    assert_int_equal(others, 0);
}

static void of_two_columns_of_a_name_the_first_counts(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "run_data.csv",
        "epochs,,data_name,data_dir,batch_size,epochs,,epochs\n"
        "50,,example,foo/,32,51,,52\n51,,example,foo/,64,50,,50\n");
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    assert_int_equal(count_finished(fixture, store, plan, NULL), 1);
    finish_run(fixture, store, plan, 1, "{}");
    assert_int_equal(count_finished(fixture, store, plan, NULL), 2);
    assert_mentions(fixture, "run_data.csv", "epochs,,data_name,data_dir,batch_size,epochs.5,,epochs.7,");
    store_close(store);
    plan_unref(plan);
}

static void a_byte_order_mark_within_a_name_stays_there(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "run_data.csv",
        "\"\xef\xbb\xbf"
        "batch_size\",epochs\n");
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct store *store = open_store(fixture);
    finish_run(fixture, store, plan, 1, "{}");
    assert_mentions(fixture, "run_data.csv",
                    "\"\xef\xbb\xbf"
                    "batch_size\",epochs,");
    assert_int_equal(count_finished(fixture, store, plan, NULL), 1);
    store_close(store);
    plan_unref(plan);
}

static void columns_the_config_lacks_make_no_difference(void **state)
{
    static const char csv[] = "notes,data_name,data_dir,batch_size,epochs,old_key,log_dir,gpu_id\r\n"
                              "\"fine, really\",example,foo/,32,50,9,elsewhere/x,3\r\n"
                              "ragged,example,foo/,64,50\r\n";
    assert_int_equal(finished_by(*state, TWO_RUNS, csv, NULL), 2);
}

static void a_row_torn_within_quotes_is_not_finished(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct number_set finished = {0};
    put(fixture, "run_data.csv", "data_name,data_dir,batch_size,epochs,notes\nexample,foo/,32,50,\"fi");
    assert_true(
        store_peek_finished(fixture->log_dir, fixture->log_dir, plan, &finished, NULL, &fixture->err));
    assert_int_equal(finished.count, 0);
    number_set_free(&finished);
    plan_unref(plan);
}

/* No run_id tells that it is a row, and the cell behind the last column is none. */
static void a_second_header_with_a_number_behind_the_columns_is_seen(void **state)
{
    struct fixture *fixture = *state;
    struct plan *plan = make_plan(fixture, TWO_RUNS);
    struct number_set finished = {0};
    put(fixture, "run_data.csv", "data_name,data_dir\nexample,foo/\ndata_name,data_dir,7,meta,log_dir\n");
    assert_false(
        store_peek_finished(fixture->log_dir, fixture->log_dir, plan, &finished, NULL, &fixture->err));
    assert_non_null(strstr(fixture->err.text, "run_data.csv:3: a second header"));
    number_set_free(&finished);
    plan_unref(plan);
}

static void a_row_of_another_config_is_counted_apart(void **state)
{
    static const char csv[] = "data_name,data_dir,batch_size,epochs\n"
                              "example,foo/,32,50\n"
                              "example,foo/,32,51\n"
                              "example,bar/,32,50\n"
                              "example,foo/,32,50\n";
    uint64_t others;
    assert_int_equal(finished_by(*state, TWO_RUNS, csv, &others), 1);
    assert_int_equal(others, 2);
}

static void an_excluded_row_is_not_finished(void **state)
{
    static const char config[] = "{data_name: example, data_dir: foo/, batch_size: [32, 64], epochs: 50,"
                                 " meta: {exclude_configs: [{batch_size: 64}]}}";
    static const char csv[] =
        "data_name,data_dir,batch_size,epochs\nexample,foo/,64,50\nexample,foo/,32,50\n";
    uint64_t others;
    assert_int_equal(finished_by(*state, config, csv, &others), 1);
    assert_int_equal(others, 1);
}

static void more_texts_than_it_remembers_are_all_matched(void **state)
{
    CLEANUP(text_free) struct text config = {0}, csv = {0};
    text_add(&config, "{data_name: example, data_dir: foo/, batch_size: 1, epochs: 1, seed: [0");
    text_add(&csv, "data_name,data_dir,batch_size,epochs,seed\nexample,foo/,1,1,0\n");
    for (int i = 1; i < 5000; i++) {
        text_addf(&config, ", %d", i);
        text_addf(&csv, "example,foo/,1,1,%d.0\n", i);
    }
    text_add(&config, "]}");
    assert_int_equal(finished_by(*state, config.data, csv.data, NULL), 5000);
}

/* --- rows that match nothing --- */

/* Opens a store over a CSV; what it tells of the rows that match none of the plan. free() it. */
static char *told_of(struct fixture *fixture, const char *config, const char *csv, uint64_t *odd)
{
    struct number_set finished = {0};
    struct other_rows others = {0};
    put(fixture, "run_data.csv", csv);
    struct plan *plan = make_plan(fixture, config);
    if (!store_peek_finished(fixture->log_dir, fixture->log_dir, plan, &finished, &others, &fixture->err))
        fail_msg("%s", fixture->err.text);
    *odd = others.odd;
    CLEANUP(memory_free) char *beginning = text_format(" of %s/run_data.csv", fixture->log_dir);
    struct text told = {0};
    for (const char *rest = text_get(&others.lines), *next; *rest; rest = next) {
        const char *end = strchr(rest, '\n'), *path = strstr(rest, beginning);
        next = end + 1;
        assert_non_null(path);
        text_addf(&told, "%.*s:%.*s\n", (int)(path - rest), rest, (int)(end - path - (int)strlen(beginning)),
                  path + strlen(beginning));
    }
    number_set_free(&finished);
    text_free(&others.lines);
    plan_unref(plan);
    return text_take(&told);
}

static void assert_told(struct fixture *fixture, const char *config, const char *csv, uint64_t odd,
                        const char *expected)
{
    uint64_t found;
    CLEANUP(memory_free) char *told = told_of(fixture, config, csv, &found);
    assert_string_equal(told ? told : "", expected);
    assert_int_equal(found, odd);
}

#define COLUMNS "data_name,data_dir,batch_size,epochs"
#define WITH(keys) "{data_name: a, data_dir: d, epochs: 5, " keys "}"

static void tells_which_key_rows_lack(void **state)
{
    static const char csv[] = COLUMNS "\na,d,32,5\na,d,64,5\n";
    assert_told(*state, WITH("batch_size: [32, 64]"), csv, 0, "");
    assert_told(*state, WITH("batch_size: [32, 64], test_size: 0.2"), csv, 2,
                "2 rows: differ from this plan in test_size alone (they have none): add the column with the "
                "value they were made with to count them\n");
    assert_told(*state, WITH("batch_size: [32, 64], test_size: 0.2, x: [1, 2]"), csv, 2,
                "2 rows: differ from this plan in test_size (they have none) and x (they have none): add the "
                "columns with the values they were made with to count them\n");
}

static void tells_of_an_empty_cell_as_of_a_missing_one(void **state)
{
    assert_told(
        *state, WITH("batch_size: [32, 64], x: 7"), COLUMNS ",x\na,d,32,5,7\na,d,64,5,\n", 1,
        "1 row: differs from this plan in x alone (they have none): fill the column with the value they "
        "were made with to count them\n");
}

static void tells_in_one_line_of_values_that_the_config_has_no_more(void **state)
{
    static const char csv[] = COLUMNS "\na,d,32,5\na,d,128,5\na,d,16,5\na,d,32,50\na,d,256,50\n";
    assert_told(*state, WITH("batch_size: [32, 64]"), csv, 0,
                "4 rows: have values that this config does not have: epochs 50; batch_size 16, 128, 256\n");
    assert_told(*state,
                "{data_name: a, data_dir: d, epochs: [5, 50], batch_size: [16, 32, 128, 256], meta: "
                "{exclude_configs: [{epochs: 50}]}}",
                csv, 0, "exclude_configs excludes 2 rows:\n");
}

static void names_at_most_the_largest_groups(void **state)
{
    static const char csv[] = COLUMNS ",x,y,z\na,d,32,5,,2,3\na,d,32,5,,2,3\na,d,32,5,,2,3\na,d,32,5,1,,3\n"
                                      "a,d,32,5,1,,3\na,d,32,5,1,2,\na,d,64,5,1,2,3\na,d,32,5,1,2,3\n";
    assert_told(
        *state, WITH("batch_size: 32, x: 1, y: 2, z: 3"), csv, 6,
        "3 rows: differ from this plan in x alone (they have none): fill the column with the value they "
        "were made with to count them\n"
        "3 rows: more differ in other keys\n"
        "1 row: has values that this config does not have: batch_size 64\n");
}

static void names_a_spreadsheet_where_it_made_dates_of_texts(void **state)
{
    static const char config[] = WITH("batch_size: 32, split: ['1-2', '10:30', '2020-01-02', '2020-03-04']");
    static const char remedy[] = ": a spreadsheet makes that of a text that looks like a date, a time or a "
                                 "number, and of numbers, true "
                                 "and false in another language; "
                                 "write the config's values into these cells again to count them\n";
    static const char *const shown[] = {"2-Jan", "02-Jan", "2. Jan",   "10:30:00",   "1/2/2020", "02.01.2020",
                                        "2-Mär", "Jan-02", "10:30 AM", "2020/01/02", "1.00E+05", "1/2/20"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        CLEANUP(memory_free) char *csv = text_format(COLUMNS ",split\na,d,32,5,%s\n", shown[i]);
        CLEANUP(memory_free)
        char *told =
            text_format("1 row: differs from this plan in split alone (they have %s)%s", shown[i], remedy);
        assert_told(*state, config, csv, 1, told);
    }
    static const char *const usual[] = {"1-3", "10:31", "2020-05-06", "abc", "3"};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        CLEANUP(memory_free) char *csv = text_format(COLUMNS ",split\na,d,32,5,%s\n", usual[i]);
        CLEANUP(memory_free)
        char *told = text_format("1 row: has values that this config does not have: split %s\n", usual[i]);
        assert_told(*state, config, csv, 0, told);
    }
}

static void a_row_is_rounded_only_when_it_differs_in_nothing_else(void **state)
{
    static const char csv[] = COLUMNS ",seed\na,d,32,5,1.23457E+11\n";
    struct number_set finished = {0};
    assert_told(*state, WITH("batch_size: 64, seed: 123456789012"), csv, 0,
                "1 row: has values that this config does not have: batch_size 32; seed 1.23457E+11\n");
    struct plan *plan = make_plan(*state, WITH("batch_size: 32, seed: 123456789012"));
    struct fixture *fixture = *state;
    assert_false(
        store_peek_finished(fixture->log_dir, fixture->log_dir, plan, &finished, NULL, &fixture->err));
    assert_non_null(strstr(fixture->err.text, "rounded from 123456789012"));
    number_set_free(&finished);
    plan_unref(plan);
}

/* Of a run whose record stands in its directory. */
#define OF_RUN COLUMNS ",k,meta,log_dir,run_id\na,d,32,5,1,{},logs/a0_x,0\na,d,32,5,2,{},logs/a1_x,1\n"

static void a_row_of_a_config_with_one_key_more_is_of_another_run(void **state)
{
    put(*state, "a0_x/furcate.json", "{\"k\": 1, \"meta\": {\"run\": {\"id\": 0}}}");
    assert_told(
        *state, WITH("batch_size: 32"), OF_RUN, 2,
        "2 rows: differ from this plan in k alone (they have 1, 2; this config has no k): they are of a "
        "config that had this key; put it back into the config to count them\n");
    assert_told(
        *state, WITH("batch_size: 32, K: [1, 2]"), OF_RUN, 2,
        "2 rows: differ from this plan in K (they have none) and k (they have 1, 2; this config has no k): "
        "the rows have k, the config has K; if that is one key, give its column the name K to count them\n");
    assert_told(*state, WITH("batch_size: 32, k: [1, 2]"), OF_RUN, 0, "");
}

static void a_column_that_people_added_makes_no_other_run(void **state)
{
    put(*state, "a0_x/furcate.json", "{\"batch_size\": 32, \"meta\": {\"run\": {\"id\": 0}}}");
    assert_told(*state, WITH("batch_size: 32"), OF_RUN, 0, "");
    assert_told(*state, WITH("batch_size: 32, K: [1, 2]"), OF_RUN, 2,
                "2 rows: differ from this plan in K alone (they have none): the table has a column k, which "
                "no config "
                "had; give it the name K again to count them\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_its_own_rows_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_log_dir_without_table_has_nothing_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_rows_of_the_python_original, set_up, tear_down),
        cmocka_unit_test_setup_teardown(matches_numbers_in_any_spelling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(spellings_of_one_data_dir_are_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_missing_column_counts_as_the_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_column_added_later_changes_no_match, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_cell_counts_as_null_or_the_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_two_columns_of_a_name_the_first_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_without_any_content_is_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_byte_order_mark_within_a_name_stays_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(columns_the_config_lacks_make_no_difference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_torn_within_quotes_is_not_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_header_with_a_number_behind_the_columns_is_seen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_of_another_config_is_counted_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_excluded_row_is_not_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_texts_than_it_remembers_are_all_matched, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_which_key_rows_lack, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_of_an_empty_cell_as_of_a_missing_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tells_in_one_line_of_values_that_the_config_has_no_more, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(names_at_most_the_largest_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_a_spreadsheet_where_it_made_dates_of_texts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_row_is_rounded_only_when_it_differs_in_nothing_else, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_row_of_a_config_with_one_key_more_is_of_another_run, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_column_that_people_added_makes_no_other_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
