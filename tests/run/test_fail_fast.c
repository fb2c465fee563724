/* What of a failure's message tells it from others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "run/fail_fast.h"
#include "store/store.h"

static char directory[] = "/logs/example7_foo_oa=x", other_directory[] = "/logs/example8_foo_größe, süß";
static const struct run run = {.directory = directory}, other_run = {.directory = other_directory};

static void is_the_reason_and_the_last_line(void **state)
{
    (void)state;
    CLEANUP(memory_free)
    char *message = fail_fast_message(&run, "exit status 1", "Traceback\n  in <module>\nNameError: x");
    assert_string_equal(message, "exit status 1: NameError: x");
    CLEANUP(memory_free) char *silent = fail_fast_message(&run, "exit status 2", "");
    assert_string_equal(silent, "exit status 2");
}

static void is_the_same_whatever_numbers_and_names_of_runs(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"error: --lr=0.1", "error: --lr=1e-05"},
        {"unrecognized arguments: --x=a", "unrecognized arguments: --x=bc"},
        {"unrecognized arguments: --x=adam --y=a-b", "unrecognized arguments: --x=sgd --y=c"},
        {"at 0x7ffe12 in /logs/example0_bs32/x", "at 0x1 in /logs/example10_bs64/x"},
        {"no /logs/example7_foo_oa=x/data", "no /logs/example8_foo_größe, süß/data"},
        {"in example7_foo_oa=x", "in example8_foo_größe, süß"},
        {"2026-11-25 06:00:13 bad", "2026-11-26 07:10:03 bad"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        CLEANUP(memory_free) char *one = fail_fast_message(&run, "exit status 1", pairs[i][0]);
        CLEANUP(memory_free) char *other = fail_fast_message(&other_run, "exit status 1", pairs[i][1]);
        assert_string_equal(one, other);
    }
}

static void is_another_with_other_words_or_another_reason(void **state)
{
    (void)state;
    CLEANUP(memory_free) char *foo = fail_fast_message(&run, "exit status 1", "no optimizer foo");
    CLEANUP(memory_free) char *bar = fail_fast_message(&run, "exit status 1", "no optimizer bar");
    CLEANUP(memory_free) char *two = fail_fast_message(&run, "exit status 2", "no optimizer foo");
    assert_string_not_equal(foo, bar);
    assert_string_not_equal(foo, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_the_reason_and_the_last_line),
        cmocka_unit_test(is_the_same_whatever_numbers_and_names_of_runs),
        cmocka_unit_test(is_another_with_other_words_or_another_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
