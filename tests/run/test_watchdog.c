/* The watchdog of the event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "run/watchdog.h"

static int64_t cpu_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void compute(int ms)
{
    for (int64_t until = cpu_ns() + ms * INT64_C(1000000); cpu_ns() < until;)
        ;
}

static void compute_long(uv_timer_t *timer)
{
    (void)timer;
    compute(200);
}

static void compute_shortly(uv_timer_t *timer)
{
    compute(5);
    if (uv_now(timer->loop) > (uint64_t)(uintptr_t)timer->data)
        uv_timer_stop(timer);
}

static void wait_long(uv_timer_t *timer)
{
    (void)timer;
    usleep(200000);
}

/* Returns what the watchdog tells of a loop that calls this; free() it. */
static char *watch(void (*call)(uv_timer_t *timer), uint64_t repeat)
{
    uv_loop_t loop;
    uv_timer_t timer;
    struct error ignored;
    struct text told = {0};
    struct watchdog watchdog = {0};
    char path[] = "/tmp/furcate-watchdog-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_timer_init(&loop, &timer);
    timer.data = (void *)(uintptr_t)(uv_now(&loop) + 300);
    uv_timer_start(&timer, call, 1, repeat);
    watchdog_open(&watchdog, &loop, path);
    uv_run(&loop, UV_RUN_DEFAULT);
    watchdog_close(&watchdog);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    file_read(path, &told, &ignored);
    unlink(path);
    return text_take(&told);
}

static void tells_where_a_loop_computes_for_long(void **state)
{
    (void)state;
    char *told = watch(compute_long, 0);
    assert_non_null(strstr(told, "has computed for 50 ms in one turn"));
    free(told);
}

static void says_nothing_of_many_short_turns(void **state)
{
    (void)state;
    char *told = watch(compute_shortly, 1);
    assert_string_equal(told ? told : "", "");
    free(told);
}

static void says_nothing_of_a_loop_that_waits(void **state)
{
    (void)state;
    char *told = watch(wait_long, 0);
    assert_string_equal(told ? told : "", "");
    free(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_where_a_loop_computes_for_long),
        cmocka_unit_test(says_nothing_of_many_short_turns),
        cmocka_unit_test(says_nothing_of_a_loop_that_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
