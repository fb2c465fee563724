/* What programs have left, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/leftover.h"

/* Starts a program under that name, which waits; returns once it executes, when its end of a pipe is closed.
 */
static pid_t start(const char *name)
{
    int executes[2];
    char byte;
    assert_int_equal(pipe2(executes, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sleep", name, "600", NULL);
        _exit(127);
    }
    close(executes[1]);
    assert_int_equal(read(executes[0], &byte, 1), 0);
    close(executes[0]);
    return pid;
}

static void end_all(struct pids *pids)
{
    for (size_t i = 0; i < pids->count; i++) {
        kill(pids->items[i], SIGKILL);
        waitpid(pids->items[i], NULL, 0);
    }
    vector_free(pids);
}

static void names_three_and_counts_the_others(void **state)
{
    (void)state;
    static const char *const names[] = {"train.py", "a\033[2Jb", "c", "d", "e"};
    struct pids pids = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pid_t pid = start(names[i]);
        vector_push(&pids, pid);
    }
    struct leftover left = leftover_describe(&pids);
    assert_int_equal(left.count, 5);
    assert_string_equal(text_get(&left.names), "train.py 600, a\\x1b[2Jb 600, c 600 and 2 more");
    leftover_free(&left);
    end_all(&pids);
}

static void leaves_out_what_ends_by_itself(void **state)
{
    (void)state;
    struct pids pids = {0};
    pid_t tracker = start("from multiprocessing.resource_tracker import main"), ended = start("zombie"),
          stays = start("stays");
    siginfo_t info;
    kill(ended, SIGKILL);
    waitid(P_PID, (id_t)ended, &info, WEXITED | WNOWAIT);
    vector_push(&pids, tracker);
    vector_push(&pids, ended);
    vector_push(&pids, stays);
    struct leftover left = leftover_describe(&pids);
    assert_int_equal(left.count, 1);
    assert_string_equal(text_get(&left.names), "stays 600");
    leftover_free(&left);
    end_all(&pids);
}

static void is_nothing_when_all_are_gone(void **state)
{
    (void)state;
    struct pids pids = {0};
    pid_t gone = start("gone");
    kill(gone, SIGKILL);
    waitpid(gone, NULL, 0);
    vector_push(&pids, gone);
    struct leftover left = leftover_describe(&pids);
    assert_int_equal(left.count, 0);
    assert_string_equal(text_get(&left.names), "");
    leftover_free(&left);
    vector_free(&pids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_three_and_counts_the_others),
        cmocka_unit_test(leaves_out_what_ends_by_itself),
        cmocka_unit_test(is_nothing_when_all_are_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
