#include "fixture.h"

#include "store/columns.h"
#include "store/row.h"
#include "store/run_record.h"

static void add_all(struct columns *columns, const char *const *names)
{
    for (; *names; names++)
        store_columns_add(columns, *names, strlen(*names));
}

static char *join(const struct columns *columns)
{
    struct text joined = {0};
    for (size_t i = 0; i < columns->count; i++)
        text_addf(&joined, "%s%s", i ? "," : "", columns->items[i]);
    return text_take(&joined);
}

static void puts_a_new_column_at_its_place(void **state)
{
    (void)state;
    static const char *const old[] = {"data_name",      "meta",       "log_dir", "gpu_id", "run_results",
                                      "run_train_loss", "run_epochs", "run_id",  NULL};
    static const char *const added[] = {"dropout",  "run_val_loss",   "run_attempts",
                                        "run_name", "run_start_time", NULL};
    CLEANUP(store_columns_free) struct columns columns = {0};
    add_all(&columns, old);
    for (const char *const *name = added; *name; name++)
        store_columns_insert(&columns, *name);
    CLEANUP(memory_free) char *joined = join(&columns);
    assert_string_equal(joined,
                        "data_name,dropout,meta,log_dir,gpu_id,run_start_time,run_results,run_train_loss,"
                        "run_val_loss,run_epochs,run_id,run_name,run_attempts");
}

static void finds_columns_from_any_hint(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", NULL};
    CLEANUP(store_columns_free) struct columns columns = {0};
    assert_int_equal(store_columns_find(&columns, "a", 3), 0);
    add_all(&columns, names);
    for (size_t hint = 0; hint < 6; hint++) {
        assert_int_equal(store_columns_find(&columns, "b", hint), 1);
        assert_int_equal(store_columns_find(&columns, "d", hint), 3);
    }
}

static void a_row_has_the_config_then_the_run(void **state)
{
    CLEANUP(store_run_record_free) struct run_record record;
    struct value *run_data = parse(
        *state,
        "{data_name: example, log_dir: /abs/logs/example3_foo, batch_size: 32, gpu_id: 1, layers: [1, 2],"
        " meta: {allow_cpu: true, exclude_configs: [{a: 1}], run: {id: 3},"
        " data: {results: [0.5, 0.25], epochs: 50, start_time: 1.5, val_loss: 0.5, name: x, train_loss: "
        "'1'}}}");
    struct row row;
    struct row_run who = {3, "example3", 2, "logs/example3_foo"};
    CLEANUP(store_columns_free) struct columns columns = {0};
    CLEANUP(text_free) struct text line = {0};
    store_run_record_take(&record, run_data);
    struct row_content content = {record.keys, record.gpu_id, record.meta, record.data};
    store_row_make(&row, &content, &who);
    assert_true(store_row_add_columns(&row, &columns));
    assert_false(store_row_add_columns(&row, &columns));
    store_row_add_csv(&row, &columns, &line);
    store_row_free(&row);
    CLEANUP(memory_free) char *joined = join(&columns);
    assert_string_equal(
        joined, "data_name,batch_size,layers,meta,log_dir,gpu_id,run_start_time,run_start_time_string,"
                "run_end_time,run_end_time_string,run_total_time,run_total_time_string,run_results,"
                "run_val_loss,run_train_loss,run_epochs,run_id,run_name,run_attempts");
    assert_string_equal(text_get(&line),
                        "example,32,\"[1, 2]\",\"{\"\"allow_cpu\"\": true}\",logs/example3_foo,1,1.5,,,,,,"
                        "\"[0.5, 0.25]\",0.5,\"\"\"1\"\"\",50,3,example3,2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_a_new_column_at_its_place),
        cmocka_unit_test(finds_columns_from_any_hint),
        cmocka_unit_test_setup_teardown(a_row_has_the_config_then_the_run, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
