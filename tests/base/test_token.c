#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/token.h"

/* The first of the vectors that the authors of SipHash publish: the key 00 01 02 … 0f, no bytes. */
static void the_hash_is_siphash(void **state)
{
    (void)state;
    assert_true(token_hash("07060504030201000f0e0d0c0b0a0908") == UINT64_C(0x726fdb47dd0e0e31));
}

static void no_two_are_the_same(void **state)
{
    (void)state;
    char one[TOKEN_SIZE], other[TOKEN_SIZE];
    token_draw(one);
    token_draw(other);
    assert_true(token_is_well_formed(one));
    assert_string_not_equal(one, other);
    assert_true(token_hash(one) != token_hash(other));
}

static void knows_what_is_none(void **state)
{
    (void)state;
    static const char *const none[] = {
        "", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdeF",
        "0123456789abcdef0123456789abcdef0", "../456789abcdef0123456789abcdef0"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(token_is_well_formed(none[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_siphash),
        cmocka_unit_test(no_two_are_the_same),
        cmocka_unit_test(knows_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
