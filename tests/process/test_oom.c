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
#include "process/oom.h"

struct fixture {
    char folder[64];
    char *machine, *group; /* the latter is memory.events of the folder too */
    struct oom oom;
    struct oom_mark mark;
};

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w"); /* in place, since it is kept open */
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0 || fclose(file), 0);
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
    oom_note(&fixture->oom, NULL, &fixture->mark);
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

static enum oom_verdict look(struct fixture *fixture)
{
    return oom_look(&fixture->oom, &fixture->mark);
}

static void says_no_while_nothing_has_risen(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(look(fixture), OOM_NO);
    put(fixture->group, "low 0\noom 9\noom_kill 2\noom_group_kill 7\n");
    assert_int_equal(look(fixture), OOM_NO);
}

/* A kill elsewhere on the machine is no kill of ours. */
static void the_groups_counter_stands_above_the_machines(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->machine, "oom_kill 4\n");
    assert_int_equal(look(fixture), OOM_NO);
}

static void the_machines_counter_tells_perhaps(void **state)
{
    struct fixture *fixture = *state;
    struct oom oom;
    struct oom_mark mark;
    oom_open_files(&oom, fixture->machine, "/nowhere/memory.events");
    oom_note(&oom, NULL, &mark);
    put(fixture->machine, "pgfault 99\nnot_oom_kill 10\noom_kill 3\n");
    assert_int_equal(oom_look(&oom, &mark), OOM_NO);
    put(fixture->machine, "pgfault 99\nnot_oom_kill 10\noom_kill 4\n");
    assert_int_equal(oom_look(&oom, &mark), OOM_PERHAPS);
    oom_close(&oom);
}

static void tells_of_a_kill_once(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->group, "oom_kill 3\n");
    assert_int_equal(look(fixture), OOM_YES);
    assert_int_equal(look(fixture), OOM_NO);
}

static void tells_each_of_two_attempts_of_its_kill(void **state)
{
    struct fixture *fixture = *state;
    struct oom_mark other;
    oom_note(&fixture->oom, NULL, &other);
    put(fixture->group, "oom_kill 4\n");
    assert_int_equal(look(fixture), OOM_YES);
    assert_int_equal(oom_look(&fixture->oom, &other), OOM_YES);
    assert_int_equal(oom_look(&fixture->oom, &other), OOM_NO);
}

static void kills_before_an_attempt_are_none_of_its(void **state)
{
    struct fixture *fixture = *state;
    put(fixture->group, "oom_kill 3\n");
    oom_note(&fixture->oom, NULL, &fixture->mark);
    assert_int_equal(look(fixture), OOM_NO);
    put(fixture->group, "oom_kill 4\n");
    assert_int_equal(look(fixture), OOM_YES);
}

/* A slot is filled again before it is said how the attempt before has ended. */
static void an_attempt_that_starts_before_a_kill_is_told_is_told_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct oom_mark next;
    put(fixture->group, "oom_kill 3\n");
    oom_note(&fixture->oom, NULL, &next);
    assert_int_equal(look(fixture), OOM_YES);
    assert_int_equal(oom_look(&fixture->oom, &next), OOM_NO);
    put(fixture->group, "oom_kill 4\n");
    assert_int_equal(oom_look(&fixture->oom, &next), OOM_YES);
}

static void a_slots_own_group_knows_best(void **state)
{
    struct fixture *fixture = *state;
    struct oom_mark mark;
    oom_note(&fixture->oom, fixture->folder, &mark);
    assert_false(oom_look_at_slot(fixture->folder, &mark));
    put(fixture->group, "low 0\noom 5\noom_kill 3\n");
    assert_int_equal(oom_look(&fixture->oom, &mark), OOM_NO);
    assert_true(oom_look_at_slot(fixture->folder, &mark));
    assert_false(oom_look_at_slot(NULL, &mark));
}

static void a_slots_group_without_the_memory_controller_is_none(void **state)
{
    struct fixture *fixture = *state;
    struct oom_mark mark;
    oom_note(&fixture->oom, "/nowhere", &mark);
    assert_false(oom_look_at_slot(fixture->folder, &mark));
    put(fixture->group, "oom_kill 3\n");
    assert_int_equal(oom_look(&fixture->oom, &mark), OOM_YES);
}

static void does_without_files(void **state)
{
    (void)state;
    struct oom oom;
    struct oom_mark mark;
    oom_open_files(&oom, "/nowhere/vmstat", NULL);
    oom_note(&oom, NULL, &mark);
    assert_int_equal(oom_look(&oom, &mark), OOM_NO);
    oom_close(&oom);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(says_no_while_nothing_has_risen),
        TEST(the_groups_counter_stands_above_the_machines),
        TEST(the_machines_counter_tells_perhaps),
        TEST(tells_of_a_kill_once),
        TEST(tells_each_of_two_attempts_of_its_kill),
        TEST(kills_before_an_attempt_are_none_of_its),
        TEST(an_attempt_that_starts_before_a_kill_is_told_is_told_of_its_own),
        TEST(a_slots_own_group_knows_best),
        TEST(a_slots_group_without_the_memory_controller_is_none),
        cmocka_unit_test(does_without_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
