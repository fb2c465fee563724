/* The pause before the next try of a start that was refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/memory.h"
#include "run/runner.h"

static char log_path[64];

static void note_try(struct runner *runner)
{
    uv_stop(&runner->loop);
}

static int set_up(void **state)
{
    struct runner *runner = *state = memory_new(1, sizeof *runner);
    struct error err;
    strcpy(log_path, "/tmp/furcate-refusal-XXXXXX");
    close(mkstemp(log_path));
    uv_loop_init(&runner->loop);
    runner->run_ready = note_try;
    runner->has_executed = true;
    runner->log = log_open(log_path, &err);
    assert_non_null(runner->log);
    refusal_open(runner);
    return 0;
}

static int tear_down(void **state)
{
    struct runner *runner = *state;
    refusal_close(&runner->refusal);
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    uv_loop_close(&runner->loop);
    log_close(runner->log);
    unlink(log_path);
    free(runner);
    return 0;
}

/* A start is refused since the program is away; returns how long the pause is, in milliseconds. */
static uint64_t refuse(struct runner *runner)
{
    struct error err;
    error_system(&err, ENOENT, "cannot execute a");
    err.kind = ERROR_USAGE;
    assert_true(refusal_is_passing(runner, &err));
    refusal_note(runner, NULL, &err);
    return uv_timer_get_due_in(&runner->refusal.timer);
}

static void runs_that_end_do_not_make_the_pause_longer(void **state)
{
    struct runner *runner = *state;
    for (int i = 0; i < 20; i++) {
        assert_in_range(refuse(runner), 0, 100);
        refusal_hurry(&runner->refusal);
    }
}

static void each_pause_that_runs_down_doubles_the_next(void **state)
{
    struct runner *runner = *state;
    assert_in_range(refuse(runner), 0, 100);
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    uv_update_time(&runner->loop);
    assert_int_equal(refuse(runner), 200);
    runner->refusal.pauses = 50;
    assert_int_equal(refuse(runner), 10000);
    refusal_over(runner);
    assert_int_equal(refuse(runner), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(runs_that_end_do_not_make_the_pause_longer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_pause_that_runs_down_doubles_the_next, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
