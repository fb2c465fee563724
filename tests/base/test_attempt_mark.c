#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/attempt_mark.h"
#include "base/memory.h"

static bool is_header(const char *line)
{
    return attempt_mark_is_header(line, strlen(line));
}

static void knows_the_headers_it_writes(void **state)
{
    (void)state;
    CLEANUP(memory_free) char *header = attempt_mark_header(12, "2020-12-02 16:04:33");
    assert_string_equal(header, "--- attempt 12, 2020-12-02 16:04:33 ---\n");
    assert_true(attempt_mark_is_header(header, strlen(header) - 1));
    CLEANUP(memory_free) char *later = attempt_mark_header(2, "10265-12-02 16:04:33");
    assert_true(attempt_mark_is_header(later, strlen(later) - 1));
}

static void knows_a_header_after_output_that_was_cut_off(void **state)
{
    (void)state;
    assert_true(is_header("loss: 0.5--- attempt 2, 2020-12-02 16:04:33 ---"));
    assert_true(is_header("--- attempt 2--- attempt 2, 2020-12-02 16:04:33 ---"));
    assert_true(is_header("a line that is longer than a header with its number and time can be: loss 0.5"
                          "--- attempt 2, 2020-12-02 16:04:33 ---"));
}

static void takes_nothing_else_for_a_header(void **state)
{
    (void)state;
    static const char *const lines[] = {"",
                                        " ---",
                                        "--- attempt  ---",
                                        "--- attempt 2 ---",
                                        "--- attempt 2, ---",
                                        "--- attempt two, 2020-12-02 ---",
                                        "--- attempt 2, 2020-12-02 16:04:33 --- ",
                                        "--- attempt 2, at noon ---",
                                        "-- attempt 2, 2020-12-02 16:04:33 ---"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (is_header(lines[i]))
            fail_msg("%s", lines[i]);
}

static void writes_a_mark_for_reports(void **state)
{
    (void)state;
    CLEANUP(memory_free) char *mark = attempt_mark_report(3);
    assert_string_equal(mark, "{\"attempt\": 3}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_headers_it_writes),
        cmocka_unit_test(knows_a_header_after_output_that_was_cut_off),
        cmocka_unit_test(takes_nothing_else_for_a_header),
        cmocka_unit_test(writes_a_mark_for_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
