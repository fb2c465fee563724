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
        struct store *store = store_open(fixture->log_dir, NULL, &fixture->err);
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
    assert_null(store_open(fixture->log_dir, NULL, &fixture->err));
    assert_string_equal(fixture->err.text, expected);
    close(release);
    assert_int_equal(waitpid(child, NULL, 0), child);
    store_close(open_store(fixture));
}

static void a_start_waits_while_a_dead_runner_is_cleared_up_after(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    assert_int_equal(waitpid(dead, NULL, 0), dead);
    pid_t child = hold(fixture, &release);
    CLEANUP(memory_free) char *holders = text_format("%ld\n%ld\n", (long)dead, (long)child);
    put(fixture, "furcate.lock", holders);
    pid_t later = fork();
    if (later == 0) {
        close(release);
        _exit(store_open(fixture->log_dir, NULL, &fixture->err) ? 0 : 1);
    }
    close(release); /* the guardian lets go */
    int status;
    assert_int_equal(waitpid(later, &status, 0), later);
    assert_int_equal(status, 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_lock_that_names_nobody_is_respected(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t child = hold(fixture, &release);
    put(fixture, "furcate.lock", "");
    assert_null(store_open(fixture->log_dir, NULL, &fixture->err));
    assert_non_null(strstr(fixture->err.text, "another furcate runner works in"));
    close(release);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

struct seen {
    char directory[256], group[256];
};

static void note(void *context, int lock_fd, const char *directory, const char *killed_group)
{
    struct seen *seen = context;
    assert_true(lock_fd >= 0);
    snprintf(seen->directory, sizeof seen->directory, "%s", directory);
    snprintf(seen->group, sizeof seen->group, "%s", killed_group ? killed_group : "(none)");
}

static void the_group_of_a_killed_runner_is_handed_on(void **state)
{
    struct fixture *fixture = *state;
    struct seen seen;
    struct store_holder holder = {
        .guardian = getpid(), .group = "/cgroup/mine", .locked = note, .context = &seen};
    store_close(open_store(fixture));
    put(fixture, "furcate.lock", "999999999\n999999998\n/cgroup/of the dead\n");
    struct store *store = store_open(fixture->log_dir, &holder, &fixture->err);
    assert_non_null(store);
    assert_string_equal(seen.group, "/cgroup/of the dead");
    assert_string_equal(seen.directory, fixture->log_dir);
    CLEANUP(memory_free) char *content = get(fixture, "furcate.lock");
    CLEANUP(memory_free)
    char *expected = text_format("%ld\n%ld\n/cgroup/mine\n", (long)getpid(), (long)getpid());
    assert_string_equal(content, expected);
    store_close(store);

    store = store_open(fixture->log_dir, &holder, &fixture->err);
    assert_string_equal(seen.group, "(none)"); /* it ended in peace */
    store_close(store);
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
    assert_null(store_open(below_a_file, NULL, &fixture->err));
    assert_non_null(strstr(fixture->err.text, below_a_file));
    assert_non_null(strstr(fixture->err.text, "Not a directory"));
    assert_non_null(strstr(fixture->err.text, "set log_dir to another folder"));
    assert_int_equal(fixture->err.kind, ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(second_runner_is_refused_and_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_start_waits_while_a_dead_runner_is_cleared_up_after, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lock_that_names_nobody_is_respected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_group_of_a_killed_runner_is_handed_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_runner_leaves_no_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_impossible_log_dir_is_named_with_the_remedy, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
