#include "fixture.h"

static void reads_ragged_rows(void **state)
{
    struct fixture *fixture = *state;
    struct table table;
    put(fixture, "run_data.csv",
        "\xef\xbb\xbf"
        "batch_size,run_results,run_name\r\n32,\"[0.5, 1]\",example0\r\n"
        "64\r\n1,2,3,4\r\n\"\",,\r\n128,tor");
    assert_true(table_read(fixture->log_dir, &table, &fixture->err));
    assert_int_equal(table.column_count, 3);
    assert_int_equal(table.row_count, 3); /* without the empty one */
    assert_string_equal(table.columns[0], "batch_size");
    assert_string_equal(table.cells[1], "[0.5, 1]");
    assert_string_equal(table.cells[2], "example0");
    assert_string_equal(table.cells[3], "64");
    assert_null(table.cells[4]);
    assert_string_equal(table.cells[8], "3");
    table_free(&table);
}

static void finds_columns_with_and_without_run(void **state)
{
    struct fixture *fixture = *state;
    struct table table;
    put(fixture, "run_data.csv", "name,run_name,run_epochs\n");
    assert_true(table_read(fixture->log_dir, &table, &fixture->err));
    assert_int_equal(table.row_count, 0);
    assert_int_equal(table_column(&table, "name"), 0);
    assert_int_equal(table_column(&table, "run_name"), 1);
    assert_int_equal(table_column(&table, "epochs"), 2);
    assert_int_equal(table_column(&table, "loss"), -1);
    table_free(&table);
}

static void says_where_there_are_no_results(void **state)
{
    struct fixture *fixture = *state;
    struct table table;
    assert_false(table_read(fixture->log_dir, &table, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_USAGE);
    assert_non_null(strstr(fixture->err.text, fixture->log_dir));
    assert_non_null(strstr(fixture->err.text, "-d LOG_DIR"));
}

static void an_empty_file_is_an_empty_table(void **state)
{
    struct fixture *fixture = *state;
    struct table table;
    put(fixture, "run_data.csv", "");
    assert_true(table_read(fixture->log_dir, &table, &fixture->err));
    assert_int_equal(table.column_count, 0);
    assert_int_equal(table_column(&table, "name"), -1);
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_ragged_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_columns_with_and_without_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(says_where_there_are_no_results, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_file_is_an_empty_table, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
