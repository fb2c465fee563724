#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* A child that has the log dir open until its stdin ends. *release ends it. */
static pid_t hold(struct fixture *fixture, int *release)
{
    int ready[2], go[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t child = fork();
    if (child == 0) {
        close(go[1]);
        struct store *store = store_open(fixture->log_dir, &fixture->err);
        bool told = store && write(ready[1], "x", 1) == 1;
        _exit(told && read(go[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ready[1]);
    close(go[0]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    *release = go[1];
    return child;
}

static void second_runner_is_refused_and_named(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t child = hold(fixture, &release);
    CLEANUP(memory_free)
    char *expected = text_format("another furcate runner (pid %ld) works in %s; wait for it or stop it",
                                 (long)child, fixture->log_dir);
    put(fixture, "furcate.lock", "1\n"); /* what it says matters less than who has it */
    assert_null(store_open(fixture->log_dir, &fixture->err));
    assert_string_equal(fixture->err.text, expected);
    close(release);
    assert_int_equal(waitpid(child, NULL, 0), child);
    store_close(open_store(fixture));
}

static void a_killed_runner_leaves_no_lock(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t child = hold(fixture, &release);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(release);
    struct store *store = open_store(fixture);
    CLEANUP(memory_free) char *content = get(fixture, "furcate.lock");
    assert_int_equal(atoi(content), getpid());
    store_close(store);
}

static void an_impossible_log_dir_is_named_with_the_remedy(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "file", "");
    CLEANUP(memory_free) char *below_a_file = path_of(fixture, "file/logs");
    assert_null(store_open(below_a_file, &fixture->err));
    assert_non_null(strstr(fixture->err.text, below_a_file));
    assert_non_null(strstr(fixture->err.text, "Not a directory"));
    assert_non_null(strstr(fixture->err.text, "set log_dir to another folder"));
    assert_int_equal(fixture->err.kind, ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(second_runner_is_refused_and_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_runner_leaves_no_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_impossible_log_dir_is_named_with_the_remedy, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
