/* Runs whose back-off is over are started in the order in which it ended. */
#include "../plan/plan_fixture.h"
#include "run/retry.h"

static void stop_when_all_are_ready(struct runner *runner)
{
    if (runner->waiting.count == 0)
        uv_stop(&runner->loop);
}

static void fail_once(struct runner *runner, int64_t id)
{
    struct run *run = memory_new(1, sizeof *run);
    run->id = id;
    run->attempt = 1;
    retry_later(runner, &(struct failure){.run = run});
}

static void those_that_were_ready_first_are_started_first(void **state)
{
    (void)state;
    struct runner *runner = memory_new(1, sizeof *runner);
    runner->run_ready = stop_when_all_are_ready;
    assert_int_equal(uv_loop_init(&runner->loop), 0);
    for (int64_t id = 0; id < 3; id++)
        fail_once(runner, id);
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    assert_int_equal(runner->ready.count, 3);
    for (int64_t id = 0; id < 3; id++) /* the next to be started is the last of them */
        assert_int_equal(runner->ready.items[2 - id]->id, id);
    retry_drop_all(runner);
    uv_run(&runner->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&runner->loop), 0);
    vector_free(&runner->ready);
    vector_free(&runner->waiting);
    free(runner);
}

static void an_edit_that_drops_some_keeps_the_order_of_the_others(void **state)
{
    (void)state;
    struct fixture before = fixture_open("{\"data_name\": \"a\", \"batch_size\": [4, 1, 2, 3]}");
    struct fixture after = fixture_open("{\"data_name\": \"a\", \"batch_size\": [1, 2, 3]}");
    struct runner *runner = memory_new(1, sizeof *runner);
    runner->plan = after.plan;
    for (int64_t id = 0; id < 4; id++) {
        struct run *run = memory_new(1, sizeof *run);
        run->id = id;
        run->keys = plan_permutation(before.plan, (uint64_t)id);
        vector_push(&runner->ready, run);
    }
    retry_take(runner);
    assert_int_equal(runner->ready.count, 3);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(runner->ready.items[i]->id, i + 1);
    assert_int_equal(taken_count(&runner->taken), 3);
    retry_drop_all(runner);
    vector_free(&runner->ready);
    taken_free(&runner->taken);
    free(runner);
    fixture_close(&before);
    fixture_close(&after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_that_were_ready_first_are_started_first),
        cmocka_unit_test(an_edit_that_drops_some_keeps_the_order_of_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
