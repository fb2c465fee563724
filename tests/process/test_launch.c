/* Launching: what a program finds around itself when it starts, and what the caller learns of its end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "process/launch.h"

enum { most_arguments = 8, patience_ms = 20000 };

struct program {
    struct launcher *launcher;
    char folder[64];
    char *output; /* what it wrote to stdout and stderr */
    bool waits;   /* for its exec */
    const char *argv[most_arguments + 2];
    struct launched launched;
    int not_executed; /* as launch_end() says */
    struct error err;
};

static int set_up(void **state)
{
    struct program *program = memory_new(1, sizeof *program);
    program->launcher = launcher_create(&program->err);
    assert_non_null(program->launcher);
    strcpy(program->folder, "/tmp/furcate-launch-XXXXXX");
    assert_non_null(mkdtemp(program->folder));
    program->output = text_format("%s/output", program->folder);
    *state = program;
    return 0;
}

static int tear_down(void **state)
{
    struct program *program = *state;
    CLEANUP(memory_free) char *script = text_format("%s/script", program->folder);
    CLEANUP(memory_free) char *fifo = text_format("%s/fifo", program->folder);
    unlink(script);
    unlink(fifo);
    unlink(program->output);
    rmdir(program->folder);
    launcher_destroy(program->launcher);
    free(program->output);
    free(program);
    return 0;
}

static bool launch(struct program *program, const char *const *words)
{
    static char *const environment[] = {(char *)"LC_ALL=C", (char *)"GREETING=hello", NULL};
    const char **argv = program->argv;
    argv[1] = strrchr(words[0], '/') + 1;
    for (size_t i = 1; i == 1 || words[i - 1]; i++)
        argv[i + 1] = words[i];
    int fd = open(program->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    assert_true(fd > 2);
    struct launch launch = {words[0], (char *const *)(argv + 1), environment, fd, fd, -1, program->waits, 0};
    bool started = launch_process(program->launcher, &launch, &program->launched, &program->err);
    close(fd);
    return started;
}

/* Waits for the end and returns the status waitpid(2) gives. */
static int await_end(struct program *program)
{
    int status = -1;
    struct pollfd end = {program->launched.pidfd, POLLIN, 0};
    if (poll(&end, 1, patience_ms) != 1)
        kill(program->launched.pid, SIGKILL);
    assert_int_equal(waitpid(program->launched.pid, &status, 0), program->launched.pid);
    assert_int_equal(end.revents, POLLIN);
    close(program->launched.pidfd);
    program->not_executed = launch_end(program->launcher, program->launched.birth);
    return status;
}

/* Launches the words and returns all that they printed; free() it. */
static char *printed_by(struct program *program, const char *const *words)
{
    struct text output = {0};
    assert_true(launch(program, words));
    assert_int_equal(await_end(program), 0);
    assert_true(file_read(program->output, &output, &program->err));
    return output.data ? text_take(&output) : memory_copy_text("");
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void tells_the_exit_status_and_the_signal(void **state)
{
    assert_true(launch(*state, WORDS("/bin/sh", "-c", "exit 7")));
    int status = await_end(*state);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);

    assert_true(launch(*state, WORDS("/bin/sh", "-c", "kill -USR1 $$")));
    status = await_end(*state);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGUSR1);
}

static void passes_arguments_environment_and_both_outputs(void **state)
{
    CLEANUP(memory_free)
    char *printed =
        printed_by(*state, WORDS("/bin/sh", "-c", "echo \"$GREETING $1\"; echo bad >&2", "sh", "a  b"));
    assert_string_equal(printed, "hello a  b\nbad\n");
}

static void gives_a_script_without_interpreter_line_to_the_shell(void **state)
{
    struct program *program = *state;
    CLEANUP(memory_free) char *script = text_format("%s/script", program->folder);
    static const char text[] = "echo \"$0 $1 $#\"\n";
    assert_true(folder_write_path(script, text, sizeof text - 1, &program->err));
    assert_int_equal(chmod(script, 0755), 0);

    CLEANUP(memory_free) char *printed = printed_by(program, WORDS(script, "first", "second"));
    CLEANUP(memory_free) char *expected = text_format("%s first 2\n", script);
    assert_string_equal(printed, expected);
}

static void says_why_a_program_cannot_be_executed_and_leaves_no_child(void **state)
{
    struct program *program = *state;
    program->waits = true;
    assert_false(launch(program, WORDS("/nowhere/train")));
    assert_int_equal(program->err.kind, ERROR_CONFIG);
    assert_non_null(strstr(program->err.text, "/nowhere/train: No such file or directory"));
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    assert_int_equal(errno, ECHILD);
}

static void says_afterwards_why_a_program_that_was_not_waited_for_cannot_be_executed(void **state)
{
    struct program *program = *state;
    assert_true(launch(program, WORDS("/nowhere/train")));
    int status = await_end(program);
    assert_int_equal(WEXITSTATUS(status), 127);
    assert_int_equal(program->not_executed, ENOENT);
    assert_false(launch_explain("/nowhere/train", program->not_executed, &program->err));
    assert_int_equal(program->err.kind, ERROR_CONFIG);
    assert_string_equal(program->err.text, "cannot execute /nowhere/train: No such file or directory");
}

static void leaves_the_arguments_as_they_were(void **state)
{
    struct program *program = *state;
    CLEANUP(memory_free) char *script = text_format("%s/script", program->folder);
    assert_true(folder_write_path(script, "true\n", 5, &program->err));
    assert_int_equal(chmod(script, 0755), 0);
    free(printed_by(program, WORDS(script)));
    assert_ptr_equal(program->argv[1], strrchr(script, '/') + 1);
}

static void launches_many_at_the_same_time(void **state)
{
    enum { count = 50 };
    struct program *program = *state;
    struct program all[count];
    char statuses[count][32];
    for (int i = 0; i < count; i++) {
        all[i] = *program;
        snprintf(statuses[i], sizeof statuses[i], "exit %d", i);
        assert_true(launch(&all[i], WORDS("/bin/sh", "-c", statuses[i])));
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(WEXITSTATUS(await_end(&all[i])), i);
}

static void makes_it_a_session_and_a_group_of_its_own(void **state)
{
    struct program *program = *state;
    int pid, group, session;
    CLEANUP(memory_free) char *stat = printed_by(program, WORDS("/bin/cat", "/proc/self/stat"));
    assert_int_equal(sscanf(stat, "%d (cat) %*c %*d %d %d", &pid, &group, &session), 3);
    assert_int_equal(pid, program->launched.pid);
    assert_int_equal(group, pid);
    assert_int_equal(session, pid);
}

static void gives_it_an_empty_stdin(void **state)
{
    int saved = dup(STDIN_FILENO), other = open("/dev/zero", O_RDONLY);
    dup2(other, STDIN_FILENO);
    CLEANUP(memory_free) char *path = printed_by(*state, WORDS("/bin/readlink", "/proc/self/fd/0"));
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(other);
    assert_string_equal(path, "/dev/null\n");
}

static void hands_on_no_file_that_happens_to_be_open(void **state)
{
    enum { fd = 200 };
    assert_int_equal(dup2(STDERR_FILENO, fd), fd);
    CLEANUP(memory_free)
    char *said =
        printed_by(*state, WORDS("/bin/sh", "-c", "test -e /proc/$$/fd/200 && echo open || echo closed"));
    close(fd);
    assert_string_equal(said, "closed\n");
}

/* Of /proc/PID/status: "SigIgn:\t0000000000001000". */
static unsigned long long signal_set(const char *status, const char *name)
{
    const char *line = strstr(status, name);
    assert_non_null(line);
    return strtoull(line + strlen(name) + 1, NULL, 16);
}

static void resets_signals_that_the_caller_ignores_or_blocks(void **state)
{
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    CLEANUP(memory_free) char *status = printed_by(*state, WORDS("/bin/cat", "/proc/self/status"));
    signal(SIGPIPE, old);
    sigprocmask(SIG_SETMASK, &before, NULL);

    assert_int_equal(signal_set(status, "SigBlk:"), 0);
    assert_int_equal(signal_set(status, "SigIgn:"), 0);
}

static void keeps_the_signal_mask_of_the_caller(void **state)
{
    sigset_t original, before, after;
    sigemptyset(&before);
    sigaddset(&before, SIGUSR2);
    sigprocmask(SIG_SETMASK, &before, &original);
    free(printed_by(*state, WORDS("/bin/true")));
    sigprocmask(SIG_SETMASK, &original, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&after, number), sigismember(&before, number));
}

static void *launch_a_reader_and_end(void *state)
{
    struct program *program = state;
    CLEANUP(memory_free) char *fifo = text_format("%s/fifo", program->folder);
    bool started = launch(program, WORDS("/bin/cat", fifo));
    return started ? program : NULL;
}

static void dies_with_the_thread_that_launched_it(void **state)
{
    struct program *program = *state;
    CLEANUP(memory_free) char *fifo = text_format("%s/fifo", program->folder);
    program->waits = true; /* else the thread may be gone before the child could ask to die with it */
    assert_int_equal(mkfifo(fifo, 0600), 0);
    pthread_t thread;
    void *started = NULL;
    assert_int_equal(pthread_create(&thread, NULL, launch_a_reader_and_end, program), 0);
    assert_int_equal(pthread_join(thread, &started), 0);
    assert_non_null(started);

    int status = await_end(program);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_the_exit_status_and_the_signal),
        TEST(passes_arguments_environment_and_both_outputs),
        TEST(gives_a_script_without_interpreter_line_to_the_shell),
        TEST(says_why_a_program_cannot_be_executed_and_leaves_no_child),
        TEST(says_afterwards_why_a_program_that_was_not_waited_for_cannot_be_executed),
        TEST(leaves_the_arguments_as_they_were),
        TEST(launches_many_at_the_same_time),
        TEST(makes_it_a_session_and_a_group_of_its_own),
        TEST(gives_it_an_empty_stdin),
        TEST(hands_on_no_file_that_happens_to_be_open),
        TEST(resets_signals_that_the_caller_ignores_or_blocks),
        TEST(keeps_the_signal_mask_of_the_caller),
        TEST(dies_with_the_thread_that_launched_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
