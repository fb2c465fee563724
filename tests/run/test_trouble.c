/* What lasts is said once, then now and then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "run/trouble.h"

static const int64_t minute_ns = INT64_C(60) * 1000000000;

static void is_said_once_and_reminded_of(void **state)
{
    (void)state;
    struct trouble trouble = {0};
    struct error full, other;
    error_system(&full, ENOSPC, "cannot write a");
    error_system(&other, ENOSPC, "cannot write b");
    assert_true(trouble_note(&trouble, &full));
    assert_false(trouble_note(&trouble, &full));
    assert_false(trouble_note(&trouble, &other));
    trouble.said -= 2 * minute_ns;
    assert_false(trouble_note(&trouble, &other)); /* the reason that came last */
    assert_true(trouble_note(&trouble, &full));
    assert_false(trouble_note(&trouble, &full));
    trouble.said -= 11 * minute_ns;
    assert_true(trouble_note(&trouble, &full));
}

static void tells_how_long_it_lasted(void **state)
{
    (void)state;
    struct trouble trouble = {0};
    struct error full;
    char lasted[48] = "";
    assert_false(trouble_over(&trouble, lasted));
    error_system(&full, ENOSPC, "cannot write a");
    trouble_note(&trouble, &full);
    trouble.since -= 90 * minute_ns;
    assert_true(trouble_over(&trouble, lasted));
    assert_string_equal(lasted, "1h 30m 0s");
    assert_false(trouble_over(&trouble, lasted));
    assert_true(trouble_note(&trouble, &full));
}

static void knows_a_remedy_and_a_short_reason(void **state)
{
    (void)state;
    char scratch[64];
    struct trouble trouble = {0};
    error_system(&trouble.err, EMFILE, "cannot open a");
    assert_non_null(strstr(trouble_remedy(&trouble.err), "ulimit -n"));
    assert_string_equal(trouble_reason(&trouble, scratch), "Too many open files");
    error_set(&trouble.err, ERROR_SYSTEM, "the data is gone");
    assert_string_equal(trouble_remedy(&trouble.err), "");
    assert_string_equal(trouble_reason(&trouble, scratch), "the data is gone");
}

static void knows_what_may_pass(void **state)
{
    (void)state;
    static const int passing[] = {ENOSPC, EDQUOT, EAGAIN, ENOMEM, EMFILE, ENFILE, EIO, ETXTBSY};
    static const int lasting[] = {EROFS, EACCES, EPERM, ENAMETOOLONG, ENOENT, ENOTDIR, E2BIG};
    struct error err;
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        error_system(&err, passing[i], "x");
        assert_true(err.may_pass);
    }
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; i++) {
        error_system(&err, lasting[i], "x");
        assert_false(err.may_pass);
    }
    error_set(&err, ERROR_SYSTEM, "x");
    assert_int_equal(err.number, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_said_once_and_reminded_of),
        cmocka_unit_test(tells_how_long_it_lasted),
        cmocka_unit_test(knows_a_remedy_and_a_short_reason),
        cmocka_unit_test(knows_what_may_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
