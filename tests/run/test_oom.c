/* What the counters of the out-of-memory killer tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/oom.h"

struct fixture {
    char folder[64];
    char *machine, *group;
    struct oom oom;
};

static void put(const char *path, const char *text)
{
    struct error err;
    assert_true(file_write(path, text, strlen(text), &err));
}

static int set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/furcate-oom-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->machine = file_join(fixture->folder, "vmstat");
    fixture->group = file_join(fixture->folder, "memory.events");
    put(fixture->machine, "pgfault 12\nnot_oom_kill 9\noom_kill 3\ndrop_pagecache 1\n");
    put(fixture->group, "low 0\noom 5\noom_kill 2\n");
    oom_open_files(&fixture->oom, fixture->machine, fixture->group);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    oom_close(&fixture->oom);
    unlink(fixture->machine);
    unlink(fixture->group);
    rmdir(fixture->folder);
    free(fixture->machine);
    free(fixture->group);
    free(fixture);
    return 0;
}

static void says_no_while_nothing_has_risen(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(oom_look(&fixture->oom), OOM_NO);
    put(fixture->machine, "pgfault 99\nnot_oom_kill 10\noom_kill 3\n");
    assert_int_equal(oom_look(&fixture->oom), OOM_NO);
}

static void tells_the_group_from_the_machine(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->machine, "oom_kill 4\n");
    assert_int_equal(oom_look(&fixture->oom), OOM_PERHAPS);
    put(fixture->machine, "oom_kill 5\n");
    put(fixture->group, "oom 6\noom_kill 3\n");
    assert_int_equal(oom_look(&fixture->oom), OOM_YES);
}

static void counts_a_kill_once(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->group, "oom_kill 3\n");
    assert_int_equal(oom_look(&fixture->oom), OOM_YES);
    assert_int_equal(oom_look(&fixture->oom), OOM_NO);
}

static void does_without_files(void **state)
{
    (void)state;
    struct oom oom;
    oom_open_files(&oom, "/nowhere/vmstat", NULL);
    assert_int_equal(oom_look(&oom), OOM_NO);
    oom_close(&oom);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(says_no_while_nothing_has_risen),
        TEST(tells_the_group_from_the_machine),
        TEST(counts_a_kill_once),
        cmocka_unit_test(does_without_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
