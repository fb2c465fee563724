/* Jobs on several threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parallel.h"

enum { job_count = 1000 };

struct tally {
    atomic_int calls[job_count];
    atomic_size_t bad; /* the job that fails */
    pthread_barrier_t together;
};

static bool count_call(void *context, size_t i)
{
    struct tally *tally = context;
    atomic_fetch_add(&tally->calls[i], 1);
    return i != atomic_load(&tally->bad);
}

static void each_job_is_done_once(void **state)
{
    (void)state;
    static struct tally tally;
    atomic_store(&tally.bad, job_count);
    assert_true(parallel_each(job_count, 8, count_call, &tally));
    for (size_t i = 0; i < job_count; i++)
        assert_int_equal(atomic_load(&tally.calls[i]), 1);
}

/* Returns only when as many threads are within it as there are jobs. */
static bool wait_for_the_others(void *context, size_t i)
{
    (void)i;
    struct tally *tally = context;
    pthread_barrier_wait(&tally->together);
    return true;
}

static void jobs_are_done_at_the_same_time(void **state)
{
    (void)state;
    static struct tally tally;
    assert_int_equal(pthread_barrier_init(&tally.together, NULL, 8), 0);
    assert_true(parallel_each(8, 8, wait_for_the_others, &tally));
    pthread_barrier_destroy(&tally.together);
}

static void a_failure_is_told_and_no_further_job_begins(void **state)
{
    (void)state;
    static struct tally tally;
    atomic_store(&tally.bad, 10);
    assert_false(parallel_each(job_count, 1, count_call, &tally));
    assert_int_equal(atomic_load(&tally.calls[10]), 1);
    assert_int_equal(atomic_load(&tally.calls[11]), 0);
}

static void no_job_is_no_failure(void **state)
{
    (void)state;
    assert_true(parallel_each(0, 8, count_call, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_is_done_once),
        cmocka_unit_test(jobs_are_done_at_the_same_time),
        cmocka_unit_test(a_failure_is_told_and_no_further_job_begins),
        cmocka_unit_test(no_job_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
