#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>

#include "base/ascii.h"

/* These programs are in the C locale, whose <ctype.h> knows ASCII alone. */
static void agrees_with_the_c_locale_on_every_byte(void **state)
{
    (void)state;
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        assert_int_equal(ascii_is_digit(c), isdigit(i) != 0);
        assert_int_equal(ascii_is_letter(c), isalpha(i) != 0);
        assert_int_equal(ascii_is_space(c), isspace(i) != 0);
        assert_int_equal(ascii_is_control(c), iscntrl(i) != 0);
        assert_int_equal(ascii_is_printable(c), isprint(i) != 0);
        assert_int_equal((unsigned char)ascii_lower(c), tolower(i));
    }
}

static void ignores_the_case_of_words(void **state)
{
    (void)state;
    assert_true(ascii_is_same("MINIMIZE", "minimize"));
    assert_true(ascii_is_same("", ""));
    assert_false(ascii_is_same("min", "minimize"));
    assert_false(ascii_is_same("minimize", "min"));
    assert_false(ascii_is_same("m\xc4\xb1n", "min")); /* the Turkish i without a dot */
    assert_true(ascii_starts_with("Infinity", "INF"));
    assert_true(ascii_starts_with("x", ""));
    assert_false(ascii_starts_with("in", "inf"));
}

static void finds_a_word_in_a_text(void **state)
{
    (void)state;
    assert_true(ascii_contains("to MINimize", "min"));
    assert_true(ascii_contains("mmin", "min"));
    assert_true(ascii_contains("", ""));
    assert_false(ascii_contains("mi", "min"));
    assert_false(ascii_contains("m in", "min"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_c_locale_on_every_byte),
        cmocka_unit_test(ignores_the_case_of_words),
        cmocka_unit_test(finds_a_word_in_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
