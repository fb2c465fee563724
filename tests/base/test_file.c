#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"

static int make_folder(void **state)
{
    char *folder = memory_copy_text("/tmp/furcate-file-XXXXXX");
    *state = folder;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

static int remove_folder(void **state)
{
    nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return 0;
}

static void assert_content(const char *path, const char *expected)
{
    struct error err;
    CLEANUP(text_free) struct text content = {0};
    assert_true(file_read(path, &content, &err));
    assert_string_equal(text_get(&content), expected);
}

static void tells_addresses_from_paths(void **state)
{
    (void)state;
    static const char *const remote[] = {"gs://b/x",        "s3://b",  "hdfs://h:9000/x",
                                         "https://h/x.tar", "s3a://b", "a+b.c://"};
    static const char *const local[] = {"foo/", "/data",  "a:/b",       "C:\\data", "gs:/b",
                                        "://b", "3s://b", "foo/gs://b", "",         "gs:"};
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        assert_true(file_is_remote(remote[i]));
    for (size_t i = 0; i < sizeof local / sizeof *local; i++)
        assert_false(file_is_remote(local[i]));
}

static void replaces_a_file_whole(void **state)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(*state, "a.json");
    CLEANUP(memory_free) char *beside = text_format("%s.new", path);
    assert_true(folder_write_path_synced(path, "old and long", 12, &err));
    struct stat before, after;
    assert_int_equal(stat(path, &before), 0);
    assert_true(folder_write_path_synced(path, "new", 3, &err));
    assert_content(path, "new");
    assert_int_equal(stat(path, &after), 0);
    assert_int_not_equal(before.st_ino, after.st_ino);
    assert_int_equal(access(beside, F_OK), -1);
}

static void leaves_the_old_file_when_it_cannot_write(void **state)
{
    struct error err = {0};
    CLEANUP(memory_free) char *path = file_join(*state, "a.json");
    CLEANUP(memory_free) char *beside = text_format("%s.new", path);
    assert_true(folder_write_path(path, "old", 3, &err));
    assert_int_equal(mkdir(beside, 0777), 0); /* in the way of the new content, for root too */
    assert_false(folder_write_path_synced(path, "new", 3, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_non_null(strstr(err.text, path));
    assert_content(path, "old");
}

static void writes_in_place(void **state)
{
    struct error err;
    CLEANUP(memory_free) char *path = file_join(*state, "a");
    assert_true(folder_write_path(path, "long content", 12, &err));
    assert_true(folder_write_path(path, "short", 5, &err));
    assert_content(path, "short");
    CLEANUP(memory_free) char *nowhere = file_join(*state, "no/a");
    assert_false(folder_write_path(nowhere, "x", 1, &err));
    assert_non_null(strstr(err.text, "No such file or directory"));
}

static void reads_large_files_and_says_what_it_cannot_read(void **state)
{
    struct error err = {0};
    CLEANUP(memory_free) char *path = file_join(*state, "large");
    CLEANUP(memory_free) char *bytes = memory_new(300000, 1);
    memset(bytes, 'x', 300000);
    assert_true(folder_write_path(path, bytes, 300000, &err));
    CLEANUP(text_free) struct text content = {0};
    assert_true(file_read(path, &content, &err));
    assert_int_equal(content.len, 300000);
    assert_memory_equal(content.data, bytes, 300000);
    assert_false(file_read("/nonexistent/a", &content, &err));
    assert_string_equal(err.text, "cannot read /nonexistent/a: No such file or directory");
}

static void makes_folders_above(void **state)
{
    struct error err = {0};
    CLEANUP(memory_free) char *path = file_join(*state, "a/b/c");
    CLEANUP(memory_free) char *file = file_join(*state, "a/file");
    assert_true(file_make_dirs(path, &err));
    assert_true(file_make_dirs(path, &err));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    assert_true(folder_write_path(file, "", 0, &err));
    assert_false(file_make_dirs(file, &err));
    assert_non_null(strstr(err.text, "Not a directory"));
}

static void takes_paths_apart_and_together(void **state)
{
    (void)state;
    static const struct {
        const char *path, *name;
    } cases[] = {{"data/foo/", "foo"}, {"foo", "foo"}, {"/a/b.json", "b.json"}, {"/", ""}, {"", ""},
                 {"a//", "a"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(memory_free) char *name = file_base_name(cases[i].path);
        assert_string_equal(name, cases[i].name);
    }
    CLEANUP(memory_free) char *joined = file_join("a", "b"), *slashed = file_join("a/", "b");
    CLEANUP(memory_free) char *rooted = file_absolute("/a/b"), *relative = file_absolute("a/b");
    CLEANUP(memory_free) char *here = getcwd(NULL, 0), *expected = file_join(here, "a/b");
    assert_string_equal(joined, "a/b");
    assert_string_equal(slashed, "a/b");
    assert_string_equal(rooted, "/a/b");
    assert_string_equal(relative, expected);
}

static void knows_the_spellings_of_one_path(void **state)
{
    (void)state;
    static const struct {
        const char *path, *normal;
    } cases[] = {{"data", "data"},
                 {"data/", "data"},
                 {"./data", "data"},
                 {"data//", "data"},
                 {"././data/.", "data"},
                 {"/a//b/./c/", "/a/b/c"},
                 {"../data/", "../data"},
                 {"a/../b", "a/../b"},
                 {".", "."},
                 {"./", "."},
                 {"/", "/"},
                 {"//", "/"},
                 {"", ""},
                 {".data", ".data"},
                 {"a/.b", "a/.b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(text_free) struct text normal = {0};
        file_add_normal_path(&normal, cases[i].path, strlen(cases[i].path));
        assert_string_equal(text_get(&normal), cases[i].normal);
        assert_true(file_is_same_path(cases[i].path, cases[i].normal));
    }
    assert_false(file_is_same_path("data", "/data"));
    assert_false(file_is_same_path("data", "data2"));
    assert_false(file_is_same_path("", "."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_addresses_from_paths),
        cmocka_unit_test_setup_teardown(replaces_a_file_whole, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(leaves_the_old_file_when_it_cannot_write, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(writes_in_place, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(reads_large_files_and_says_what_it_cannot_read, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(makes_folders_above, make_folder, remove_folder),
        cmocka_unit_test(takes_paths_apart_and_together),
        cmocka_unit_test(knows_the_spellings_of_one_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
