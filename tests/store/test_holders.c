#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <string.h>

#include "base/memory.h"
#include "store/holders.h"

static const struct holders example = {
    .runner = {INT_MAX, UINT64_MAX},
    .guardian = {1, 2},
    .machine = {"node-7.example", "c0ffee-1", "4026531836"},
    .lock = {UINT64_MAX, 3, 4},
    .token = "0123456789abcdef0123456789abcdef",
    .group = "/sys/fs/cgroup/a group/furcate-1-0",
};

static bool parse(struct holders *holders, const char *text, size_t len)
{
    CLEANUP(memory_free) char *copy = memory_copy_bytes(text, len);
    return holders_parse(holders, copy, len);
}

static void reads_what_it_has_written(void **state)
{
    (void)state;
    struct holders read;
    CLEANUP(text_free) struct text text = {0}, again = {0};
    holders_format(&example, &text);
    assert_true(parse(&read, text.data, text.len));
    holders_format(&read, &again);
    assert_string_equal(text.data, again.data);
    assert_int_equal(read.runner.pid, INT_MAX);
    assert_true(read.runner.start == UINT64_MAX && read.lock.device == UINT64_MAX && read.lock.born == 4);
    assert_string_equal(read.group, example.group);
}

static void nothing_is_known_of_a_part(void **state)
{
    (void)state;
    struct holders read;
    CLEANUP(text_free) struct text text = {0};
    holders_format(&example, &text);
    for (size_t len = 0; len < text.len; len++) {
        assert_false(parse(&read, text.data, len));
        assert_int_equal(read.runner.pid, 0);
        assert_string_equal(read.group, "");
    }
    text_add_char(&text, '\0');
    assert_false(parse(&read, text.data, text.len));
}

static void a_name_of_a_host_reaches_no_terminal_as_it_is(void **state)
{
    (void)state;
    struct holders read, odd = example;
    CLEANUP(text_free) struct text text = {0};
    strcpy(odd.machine.host, "a\033[2Jb\nc");
    holders_format(&odd, &text);
    assert_true(parse(&read, text.data, text.len));
    assert_string_equal(read.machine.host, "a--2Jb-c");
    char *host = strstr(text.data, "a--2Jb-c");
    host[1] = '\033';
    assert_false(parse(&read, text.data, text.len));
}

static void a_group_with_a_line_break_is_left_out(void **state)
{
    (void)state;
    struct holders read, odd = example;
    CLEANUP(text_free) struct text text = {0};
    strcpy(odd.group, "/a\nb");
    holders_format(&odd, &text);
    assert_true(parse(&read, text.data, text.len));
    assert_string_equal(read.group, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_has_written),
        cmocka_unit_test(nothing_is_known_of_a_part),
        cmocka_unit_test(a_name_of_a_host_reaches_no_terminal_as_it_is),
        cmocka_unit_test(a_group_with_a_line_break_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
