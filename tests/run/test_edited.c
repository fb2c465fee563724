#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "run/edited.h"

struct folder {
    char path[64], *script, *module;
    struct edited edited;
};

static void write_file(const char *path, const char *text)
{
    struct error err;
    assert_true(folder_write_path_synced(path, text, strlen(text), &err));
}

static int set_up(void **state)
{
    struct folder *folder = *state = memory_new(1, sizeof *folder);
    strcpy(folder->path, "/tmp/furcate-edited-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    folder->script = file_join(folder->path, "script");
    folder->module = file_join(folder->path, "module");
    write_file(folder->script, "1");
    write_file(folder->module, "1");
    edited_note(&folder->edited, folder->script);
    edited_note(&folder->edited, folder->module);
    edited_note(&folder->edited, folder->path);
    edited_note(&folder->edited, "python");
    return 0;
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    edited_clear(&folder->edited);
    unlink(folder->script);
    unlink(folder->module);
    rmdir(folder->path);
    free(folder->script);
    free(folder->module);
    free(folder);
    return 0;
}

static void remembers_regular_files_only(void **state)
{
    struct folder *folder = *state;
    assert_int_equal(folder->edited.files.count, 2);
    assert_null(edited_find(&folder->edited));
}

static void finds_what_was_replaced_until_it_is_noted_again(void **state)
{
    struct folder *folder = *state;
    write_file(folder->module, "2");
    assert_string_equal(edited_find(&folder->edited), folder->module);
    edited_note(&folder->edited, folder->module);
    assert_null(edited_find(&folder->edited));
    assert_int_equal(folder->edited.files.count, 2);
}

static void finds_what_was_removed_and_is_there_again(void **state)
{
    struct folder *folder = *state;
    unlink(folder->module);
    assert_string_equal(edited_find(&folder->edited), folder->module);
    edited_renew(&folder->edited);
    assert_null(edited_find(&folder->edited));
    write_file(folder->module, "2");
    assert_string_equal(edited_find(&folder->edited), folder->module);
}

static void finds_what_has_changed_since_a_time(void **state)
{
    struct folder *folder = *state;
    assert_null(edited_find_newer(&folder->edited, clock_wall() + 60));
    assert_string_equal(edited_find_newer(&folder->edited, clock_wall() - 60), folder->script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(remembers_regular_files_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_what_was_replaced_until_it_is_noted_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_what_was_removed_and_is_there_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finds_what_has_changed_since_a_time, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
