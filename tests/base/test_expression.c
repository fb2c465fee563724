#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/expression.h"

static void takes_what_grep_takes(void **state)
{
    (void)state;
    struct error err;
    assert_true(expression_check("\\w+ \\\\d [(] ([0-9]+\\.[0-9]+)", &err));
    assert_true(expression_check("a{2,3}|^b$", &err));
    assert_true(expression_check("[(?]", &err));
}

static void says_what_is_wrong_and_what_to_write(void **state)
{
    (void)state;
    static const struct {
        const char *expression, *said;
    } cases[] = {
        {"a(b", "Unmatched ("},
        {"[a", "Unmatched ["},
        {"*a", "Invalid preceding regular expression; grep -E takes the same"},
        {"loss=(\\d+)", "it has no \\d; write [0-9]"},
        {"\\\\\\pL", "it has no \\p; spell out what is meant"},
        {"(?:loss|cost)=(.*)", "it has no (?; write a plain ( )"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err = {0};
        assert_false(expression_check(cases[i].expression, &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        if (!strstr(err.text, cases[i].said))
            print_error("%s: %s\n", cases[i].expression, err.text);
        assert_non_null(strstr(err.text, cases[i].said));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_grep_takes),
        cmocka_unit_test(says_what_is_wrong_and_what_to_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
