#include "fixture.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/proc.h"

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

/* The content of furcate.lock with another line in the place of the one that begins so; free() it. */
static char *with_line(struct fixture *fixture, const char *beginning, const char *line)
{
    CLEANUP(memory_free) char *content = get(fixture, "furcate.lock");
    CLEANUP(memory_free) char *sought = text_format("\n%s ", beginning);
    const char *at = strstr(content, sought);
    assert_non_null(at);
    return text_format("%.*s%s%s", (int)(at + 1 - content), content, line, strchr(at + 1, '\n'));
}

static void replace_line(struct fixture *fixture, const char *beginning, const char *line)
{
    CLEANUP(memory_free) char *content = with_line(fixture, beginning, line);
    put(fixture, "furcate.lock", content);
}

static void a_start_waits_while_a_dead_runner_is_cleared_up_after(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t child = hold(fixture, &release);
    replace_line(fixture, "runner", "runner 2147483647 1"); /* dead, as no pid is that large */
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

/* Opens a log dir that another has, and returns how it is refused. */
static const char *refused(struct fixture *fixture)
{
    assert_null(store_open(fixture->log_dir, NULL, &fixture->err));
    assert_int_equal(fixture->err.kind, ERROR_LOCKED);
    return fixture->err.text;
}

static void a_runner_elsewhere_is_named_by_host_and_pid_and_not_waited_for(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t child = hold(fixture, &release);
    replace_line(fixture, "runner", "runner 2147483647 1");
    replace_line(fixture, "pid-namespace", "pid-namespace 1");
    assert_non_null(strstr(refused(fixture), ": in another container, pid 2147483647 there; "));
    replace_line(fixture, "host", "host other");
    assert_non_null(
        strstr(refused(fixture), ": on host other, in another container, pid 2147483647 there; "));
    replace_line(fixture, "boot", "boot 0");
    assert_non_null(strstr(refused(fixture), ": on host other, pid 2147483647 there; "));
    close(release);
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

#define TOKEN "0123456789abcdef0123456789abcdef"

struct seen {
    bool was_killed;
    struct store_killed killed;
    char directory[256], token[64], group[256];
};

static void note(void *context, int lock_fd, const char *directory, const struct store_killed *killed)
{
    struct seen *seen = context;
    *seen = (struct seen){.was_killed = killed};
    assert_true(lock_fd >= 0);
    snprintf(seen->directory, sizeof seen->directory, "%s", directory);
    if (!killed)
        return;
    seen->killed = *killed;
    snprintf(seen->token, sizeof seen->token, "%s", killed->token);
    snprintf(seen->group, sizeof seen->group, "%s", killed->group);
}

/* Lets a runner and its guardian be killed in the log dir. */
static void leave_killed(struct fixture *fixture)
{
    const struct store_holder holder = {.guardian = INT_MAX, .token = TOKEN, .group = "/a/group of its"};
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (store_open(fixture->log_dir, &holder, &fixture->err))
            raise(SIGKILL);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

/* Whether a start finds that the runner before was killed. */
static struct seen look(struct fixture *fixture)
{
    struct seen seen = {0};
    struct store_holder holder = {.locked = note, .context = &seen};
    struct store *store = store_open(fixture->log_dir, &holder, &fixture->err);
    assert_non_null(store);
    store_close(store);
    return seen;
}

static void a_killed_runner_is_handed_on_by_its_token_and_group_once(void **state)
{
    struct fixture *fixture = *state;
    leave_killed(fixture);
    struct seen seen = look(fixture);
    assert_true(seen.was_killed);
    assert_string_equal(seen.token, TOKEN);
    assert_string_equal(seen.group, "/a/group of its");
    assert_string_equal(seen.directory, fixture->log_dir);
    assert_int_equal(seen.killed.guardian, INT_MAX);
    assert_true(seen.killed.start > 0 && seen.killed.start <= proc_start(getpid()) + 100000);
    assert_false(look(fixture).was_killed);
}

static void let_go(void *context, int lock_fd, const char *directory, const struct store_killed *killed)
{
    (void)directory, (void)killed;
    *(int *)context = lock_fd;
}

/* A child that has let go of the lock, as a process does whose end has begun. */
static pid_t leave_dying(struct fixture *fixture)
{
    int ready[2], fd = -1;
    char byte;
    const struct store_holder holder = {
        .guardian = INT_MAX, .token = TOKEN, .locked = let_go, .context = &fd};
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        bool opened = store_open(fixture->log_dir, &holder, &fixture->err) && close(fd) == 0;
        _exit(opened && write(ready[1], "x", 1) == 1 && pause() ? 0 : 1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void a_killed_runner_that_has_not_ended_yet_is_waited_for(void **state)
{
    struct fixture *fixture = *state;
    pid_t child = leave_dying(fixture), killer = fork();
    if (killer == 0) {
        poll(NULL, 0, 100);
        _exit(kill(child, SIGKILL));
    }
    assert_true(look(fixture).was_killed);
    assert_int_equal(waitpid(killer, NULL, 0), killer);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_log_dir_that_was_moved_is_the_same(void **state)
{
    struct fixture *fixture = *state;
    leave_killed(fixture);
    char *moved = file_join(fixture->folder, "moved");
    assert_int_equal(rename(fixture->log_dir, moved), 0);
    free(fixture->log_dir);
    fixture->log_dir = moved;
    assert_true(look(fixture).was_killed);
}

static void a_copy_of_a_lock_names_nobody(void **state)
{
    struct fixture *fixture = *state;
    leave_killed(fixture);
    CLEANUP(memory_free)
    char *content = get(fixture, "furcate.lock"), *path = path_of(fixture, "furcate.lock");
    CLEANUP(memory_free) char *original = path_of(fixture, "original");
    assert_int_equal(rename(path, original), 0);
    put(fixture, "furcate.lock", content);
    assert_false(look(fixture).was_killed);
    assert_int_equal(rename(original, path), 0);
    assert_true(look(fixture).was_killed);
}

/* As an archive that is unpacked where the log dir was. */
static void a_copy_that_was_given_the_inode_of_the_lock_names_nobody(void **state)
{
    struct fixture *fixture = *state;
    struct statx info;
    leave_killed(fixture);
    CLEANUP(memory_free)
    char *content = get(fixture, "furcate.lock"), *path = path_of(fixture, "furcate.lock");
    assert_int_equal(statx(AT_FDCWD, path, 0, STATX_BTIME, &info), 0);
    if (!(info.stx_mask & STATX_BTIME))
        skip();
    assert_int_equal(unlink(path), 0);
    put(fixture, "furcate.lock", content);
    assert_false(look(fixture).was_killed);
}

/* Each line is of another runner than the one that was killed here. */
static void a_lock_that_does_not_prove_a_death_names_nobody(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(memory_free)
    char *alive = text_format("runner %ld %llu", (long)getpid(), (unsigned long long)proc_start(getpid()));
    CLEANUP(memory_free)
    char *guarded =
        text_format("guardian %ld %llu", (long)getpid(), (unsigned long long)proc_start(getpid()));
    const char *const lines[][2] = {{"runner", alive},
                                    {"guardian", guarded},
                                    {"boot", "boot 0"},
                                    {"boot", "boot "},
                                    {"pid-namespace", "pid-namespace 1"},
                                    {"pid-namespace", "pid-namespace "},
                                    {"lock", "lock 1 1 1"},
                                    {"runner", "runner 0 0"},
                                    {"runner", "runner -1 0"},
                                    {"token", "token ../../x"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        leave_killed(fixture);
        replace_line(fixture, lines[i][0], lines[i][1]);
        assert_false(look(fixture).was_killed);
    }
    leave_killed(fixture);
    replace_line(fixture, "guardian", "guardian 1 1"); /* the pid has come again */
    assert_true(look(fixture).was_killed);
}

static void a_lock_with_a_second_name_is_replaced_and_still_proves_a_death(void **state)
{
    struct fixture *fixture = *state;
    leave_killed(fixture);
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.lock"), *second = path_of(fixture, "second");
    CLEANUP(memory_free) char *content = get(fixture, "furcate.lock");
    assert_int_equal(link(path, second), 0);
    assert_int_equal(chmod(second, 0640), 0);
    assert_true(look(fixture).was_killed);
    struct stat info;
    assert_holds(fixture, "second", content);
    assert_int_equal(stat(second, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    assert_int_equal(info.st_nlink, 1);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 0);
}

static void a_lock_that_is_held_by_its_second_name_is_respected(void **state)
{
    struct fixture *fixture = *state;
    int release;
    pid_t child = hold(fixture, &release);
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.lock"), *second = path_of(fixture, "second");
    assert_int_equal(link(path, second), 0);
    assert_non_null(strstr(refused(fixture), "another furcate runner"));
    close(release);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_lock_of_an_earlier_furcate_names_nobody(void **state)
{
    struct fixture *fixture = *state;
    put(fixture, "furcate.lock", "999999999\n999999998\n/cgroup/of the dead\n");
    assert_false(look(fixture).was_killed);
}

static void the_lock_of_another_user_is_not_believed(void **state)
{
    struct fixture *fixture = *state;
    if (geteuid() != 0)
        skip();
    leave_killed(fixture);
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.lock");
    assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
    assert_false(look(fixture).was_killed);
}

static void the_lock_is_for_its_owner_alone(void **state)
{
    struct fixture *fixture = *state;
    struct stat info;
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.lock");
    store_close(open_store(fixture));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    assert_int_equal(chmod(path, 0664), 0); /* as earlier versions made it */
    store_close(open_store(fixture));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0600);
}

static void refuses_what_is_no_file(struct fixture *fixture, const char *path)
{
    assert_null(store_open(fixture->log_dir, NULL, &fixture->err));
    assert_non_null(
        strstr(fixture->err.text, "/furcate.lock is no regular file, so furcate did not write it"));
    assert_int_equal(remove(path), 0);
}

static void a_lock_that_is_no_file_is_refused_and_not_followed(void **state)
{
    struct fixture *fixture = *state;
    CLEANUP(memory_free) char *path = path_of(fixture, "furcate.lock");
    put(fixture, "precious", "as it was");
    assert_int_equal(symlink("precious", path), 0);
    refuses_what_is_no_file(fixture, path);
    assert_int_equal(symlink("missing", path), 0);
    refuses_what_is_no_file(fixture, path);
    assert_int_equal(mkfifo(path, 0600), 0);
    refuses_what_is_no_file(fixture, path);
    assert_int_equal(mkdir(path, 0700), 0);
    refuses_what_is_no_file(fixture, path);
    CLEANUP(memory_free) char *content = get(fixture, "precious"), *missing = path_of(fixture, "missing");
    assert_string_equal(content, "as it was");
    assert_int_equal(access(missing, F_OK), -1);
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
    CLEANUP(memory_free) char *line = text_format("\nrunner %ld ", (long)getpid());
    assert_non_null(strstr(content, line));
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
        cmocka_unit_test_setup_teardown(a_runner_elsewhere_is_named_by_host_and_pid_and_not_waited_for,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_that_names_nobody_is_respected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_runner_is_handed_on_by_its_token_and_group_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_killed_runner_that_has_not_ended_yet_is_waited_for, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_log_dir_that_was_moved_is_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_of_a_lock_names_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_copy_that_was_given_the_inode_of_the_lock_names_nobody, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lock_that_does_not_prove_a_death_names_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_with_a_second_name_is_replaced_and_still_proves_a_death,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_that_is_held_by_its_second_name_is_respected, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lock_of_an_earlier_furcate_names_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_lock_of_another_user_is_not_believed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_lock_is_for_its_owner_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lock_that_is_no_file_is_refused_and_not_followed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_killed_runner_leaves_no_lock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_impossible_log_dir_is_named_with_the_remedy, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
