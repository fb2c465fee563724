#include "methods.h"
#include "sandbox.h"

static void print_files(const char *title, const struct furcate_files *files)
{
    printf("%s:", title);
    for (size_t i = 0; i < files->count; i++)
        printf(" %s", strrchr(files->paths[i], '/') + 1);
    putchar('\n');
}

static bool print_filepaths(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                            struct furcate_datasets *datasets)
{
    (void)fork, (void)datasets;
    print_files("train", &filepaths->train);
    print_files("test", &filepaths->test);
    print_files("valid", &filepaths->valid);
    printf("%d\n", access(filepaths->train.paths[0], R_OK));
    return true;
}

static void finds_the_files_by_their_prefixes_sorted_by_name(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *folder = file_join(sandbox->folder, "data/example.train-0");
    assert_int_equal(mkdir(folder, 0700), 0);
    ops.get_datasets = print_filepaths;

    sandbox_run(sandbox, &ops, "");
    assert_has(text_get(&sandbox->log),
               "train: example.train-10 example.train-2\ntest: example.test\nvalid: example.valid\n0\n");
}

static void test_and_valid_files_need_not_be_there(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    replace(config, "\"example.valid\"", "\"example.blind\"");
    replace(config, "\"example.test\"", "\"example.rest\"");
    ops.get_datasets = print_filepaths;

    sandbox_run_text(sandbox, &ops, config);
    assert_has(text_get(&sandbox->log), "test:\nvalid:\n");
}

static void says_what_was_looked_for_and_where(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    replace(config, "\"example.train\"", "\"example.drain\"");

    sandbox_run_text(sandbox, &ops, config);
    CLEANUP(memory_free)
    char *wanted = text_format(
        "furcate: example3: get_filepaths failed: no training files: nothing in %s/data has a name that "
        "starts with 'example.drain'",
        sandbox->folder);
    assert_int_equal(sandbox->status, 1);
    assert_has(text_get(&sandbox->errors), wanted);
}

static void names_the_data_dir_that_is_not_there(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    replace(config, "/data\"", "/date\"");

    sandbox_run_text(sandbox, &ops, config);
    CLEANUP(memory_free)
    char *wanted = text_format(
        "get_filepaths failed: cannot open the data_dir '%s/date' (%s/date): No such file or directory",
        sandbox->folder, sandbox->folder);
    assert_int_equal(sandbox->status, 1);
    assert_has(text_get(&sandbox->errors), wanted);
}

static void asks_for_a_method_where_the_data_is_elsewhere(void **state)
{
    struct sandbox *sandbox = *state;
    struct furcate_ops ops = smallest_ops();
    CLEANUP(memory_free) char *config = sandbox_config(sandbox, "");
    CLEANUP(memory_free) char *address = memory_copy_text(sandbox->folder);
    memcpy(address, "s3://", 5);
    replace(config, sandbox->folder, address);

    sandbox_run_text(sandbox, &ops, config);
    CLEANUP(memory_free)
    char *wanted = text_format("get_filepaths failed: the data_dir '%s/data' is no folder of this machine; "
                               "define get_filepaths to find its files",
                               address);
    assert_int_equal(sandbox->status, 1);
    assert_has(text_get(&sandbox->errors), wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SANDBOX(finds_the_files_by_their_prefixes_sorted_by_name),
        IN_SANDBOX(test_and_valid_files_need_not_be_there),
        IN_SANDBOX(says_what_was_looked_for_and_where),
        IN_SANDBOX(names_the_data_dir_that_is_not_there),
        IN_SANDBOX(asks_for_a_method_where_the_data_is_elsewhere),
    };
    return cmocka_run_group_tests_name("filepaths", tests, NULL, NULL);
}
