/* The fork server: this program, with an argument, is one whose runs tell what they find around themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "fork/fork.h"
#include "process/process.h"

enum { patience_ms = 20000 };

/* --- the program --- */

static const char *called = "";

static void note_before(void)
{
    called = "before";
}

static void note_parent(void)
{
    called = "parent";
}

static void note_child(void)
{
    called = "child";
}

static int count_files(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count - 1;
}

static void tell_of_run(char **argv)
{
    char input[64] = "";
    (void)!readlink("/proc/self/fd/0", input, sizeof input - 1);
    for (char **word = argv; *word; word++)
        printf("%s ", *word);
    for (char **entry = environ; *entry; entry++)
        printf("%s ", *entry);
    printf("%s files=%d session=%d group=%d %s", input, count_files(), getsid(0) == getpid(),
           getpgrp() == getpid(), called);
    fflush(stdout);
}

static int be_program(const char *kind)
{
    static const struct fork_hooks hooks = {note_before, note_parent, note_child};
    static char *const sources[] = {"/a/model.py", "/b/data.py", NULL};
    struct error err;
    char **argv;
    if (strcmp(kind, "never") == 0)
        return 3;
    if (!fork_is_server())
        return 4;
    enum fork_served served = fork_serve(&hooks, sources, &argv, &err);
    if (served != FORK_RUN)
        return served == FORK_ENDED ? 0 : 5;
    tell_of_run(argv);
    if (strcmp(argv[1], "crash") == 0)
        raise(SIGKILL);
    free(argv);
    return 42;
}

/* --- the runner's side --- */

struct world {
    struct launcher *launcher;
    struct server server;
    char folder[64], *output;
    struct error err;
};

static int open_output(const struct world *world)
{
    return open(world->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static void start(struct world *world, const char *kind)
{
    char *argv[] = {NULL, "/proc/self/exe", (char *)kind, NULL}, *none[] = {"WARM=1", NULL};
    CLEANUP(file_close_fd) int output = open_output(world);
    struct launch launch = {
        .path = argv[1], .argv = argv + 1, .envp = none, .output = output, .errors = output, .cgroup = -1};
    assert_true(server_start(world->launcher, &launch, &world->server, &world->err));
}

static bool read_note(const struct world *world, struct server_note *note)
{
    static const char sources[] = "/a/model.py\0/b/data.py";
    CLEANUP(text_free) struct text told = {0};
    struct pollfd answer = {world->server.socket, POLLIN, 0};
    assert_int_equal(poll(&answer, 1, patience_ms), 1);
    bool got = server_read_note(&world->server, note, &told);
    if (got) {
        assert_int_equal(told.len, sizeof sources);
        assert_memory_equal(told.data, sources, sizeof sources);
    }
    return got;
}

static int set_up(void **state)
{
    struct world *world = *state = memory_new(1, sizeof *world);
    world->launcher = launcher_create(&world->err);
    strcpy(world->folder, "/tmp/furcate-serve-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    world->output = text_format("%s/output", world->folder);
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    kill(world->server.launched.pid, SIGKILL);
    waitpid(world->server.launched.pid, NULL, 0);
    file_close_fd(&world->server.launched.pidfd);
    file_close_fd(&world->server.socket);
    launcher_destroy(world->launcher);
    unlink(world->output);
    rmdir(world->folder);
    free(world->output);
    free(world);
    return 0;
}

static bool begin(struct world *world, const char *what, struct launched *run)
{
    char *argv[] = {"program", (char *)what, NULL}, *environment[] = {"A=1", "B=two words", NULL};
    CLEANUP(file_close_fd) int output = open_output(world);
    struct launch launch = {
        .path = "", .argv = argv, .envp = environment, .output = output, .errors = output, .cgroup = -1};
    return server_fork(&world->server, &launch, NULL, run, &world->err);
}

static int end(struct launched *run)
{
    int status;
    struct pollfd ended = {run->pidfd, POLLIN, 0};
    assert_int_equal(poll(&ended, 1, patience_ms), 1);
    assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
    file_close_fd(&run->pidfd);
    return status;
}

static char *output_of(const struct world *world)
{
    struct text content = {0};
    struct error err;
    assert_true(file_read(world->output, &content, &err));
    return text_take(&content);
}

static void a_run_finds_what_a_program_of_its_own_would(void **state)
{
    struct world *world = *state;
    struct server_note note;
    struct launched run;
    start(world, "serve");
    assert_true(read_note(world, &note));
    assert_int_equal(note.threads, 1);
    assert_string_equal(note.gpu, "");
    assert_true(begin(world, "x", &run));
    assert_int_equal(WEXITSTATUS(end(&run)), 42);
    assert_null(run.birth);
    CLEANUP(memory_free) char *told = output_of(world);
    assert_string_equal(told, "program x A=1 B=two words /dev/null files=3 session=1 group=1 child");
}

static void each_run_is_a_child_of_the_runner(void **state)
{
    struct world *world = *state;
    struct server_note note;
    struct launched run;
    start(world, "serve");
    assert_true(read_note(world, &note));
    for (int i = 0; i < 20; i++) {
        assert_true(begin(world, "crash", &run));
        assert_int_equal(WTERMSIG(end(&run)), SIGKILL);
    }
}

static void a_closed_socket_ends_the_server(void **state)
{
    struct world *world = *state;
    struct server_note note;
    start(world, "serve");
    assert_true(read_note(world, &note));
    file_close_fd(&world->server.socket);
    assert_int_equal(end(&world->server.launched), 0);
}

static void a_program_that_never_serves_gives_no_note(void **state)
{
    struct world *world = *state;
    struct server_note note;
    start(world, "never");
    assert_false(read_note(world, &note));
    assert_int_equal(WEXITSTATUS(end(&world->server.launched)), 3);
}

static void a_killed_server_starts_no_run_and_ends_none(void **state)
{
    struct world *world = *state;
    struct server_note note;
    struct launched run, none;
    start(world, "serve");
    assert_true(read_note(world, &note));
    assert_true(begin(world, "x", &run));
    kill(world->server.launched.pid, SIGKILL);
    assert_int_equal(WTERMSIG(end(&world->server.launched)), SIGKILL);
    assert_int_equal(WEXITSTATUS(end(&run)), 42);
    assert_false(begin(world, "x", &none));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_finds_what_a_program_of_its_own_would, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_run_is_a_child_of_the_runner, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_socket_ends_the_server, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_never_serves_gives_no_note, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_killed_server_starts_no_run_and_ends_none, set_up, tear_down),
    };
    if (argc > 1)
        return be_program(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
