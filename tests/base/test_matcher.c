#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/matcher.h"
#include "base/memory.h"

enum { part_count = 3 };

/* Compares with what regexec(3) says of the same expression and text. */
static void assert_as_regexec(const char *expression, const char *text, int flags)
{
    struct error err;
    struct match_effort effort = {0};
    regex_t compiled;
    regmatch_t expected[part_count], found[part_count];
    struct matcher *matcher = matcher_create(expression, &err);
    if (!matcher || regcomp(&compiled, expression, REG_EXTENDED) != 0)
        fail_msg("%s: %s", expression, matcher ? "" : err.text);
    bool matches = regexec(&compiled, text, part_count, expected, flags) == 0;
    enum match_result result = matcher_find(matcher, text, found, part_count, flags, &effort);
    if (result != (matches ? MATCH_FOUND : MATCH_NONE))
        fail_msg("'%s' on '%s': %d", expression, text, (int)result);
    for (size_t i = 0; matches && i < part_count; i++)
        if (found[i].rm_so != expected[i].rm_so || found[i].rm_eo != expected[i].rm_eo)
            fail_msg("'%s' on '%s': part %zu is %d to %d, not %d to %d", expression, text, i,
                     (int)found[i].rm_so, (int)found[i].rm_eo, (int)expected[i].rm_so,
                     (int)expected[i].rm_eo);
    regfree(&compiled);
    matcher_destroy(matcher);
}

static void means_what_posix_says(void **state)
{
    (void)state;
    static const char *const expressions[] = {
        "\\bloss: ([0-9.]+)",
        "(loss|loss_total)",
        "(train|train_loss)=([0-9]+|[0-9]+\\.[0-9]+)",
        "a|ab|abc",
        "x*",
        "[^ ]+ *= *([-+]?[0-9]+)",
        "[]a]+",
        "[^]a]",
        "[a-c-]+",
        "[\\d]",
        "[[:digit:]]{2,3}",
        "[[.a.]][[=b=]]",
        "(a{,2})b",
        "a{2,}",
        "a+?b",
        "(ab)*+c",
        "a)",
        "\\<loss\\>",
        "\\bl|s\\B",
        "^a|b$",
        "(^a|x)(b$|y)",
        "()a",
        "a||b",
        "\\.\\*\\[\\{\\(",
        "\\`a.*c\\'",
        "\\w+\\W\\w+",
        "\\s+\\S",
        "(a)\\1",
        "\xc3\xa4=(.)",
        "a#b /-_,:;%\"'<>!?",
    };
    static const char *const texts[] = {
        "",
        "a",
        "ab",
        "aab b",
        "abc",
        "aaa)",
        "loss: 0.25 loss_total",
        "val_loss: 3",
        "train_loss=12.5 train=1",
        "x = -4; y=+77",
        "]]a]-b",
        "\\d",
        "123 45",
        "ababc",
        ".*[{(",
        "\xc3\xa4=\xc3\xb6",
        "a#b /-_,:;%\"'<>!?",
        " \t x",
    };
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++)
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
            assert_as_regexec(expressions[i], texts[k], 0);
            assert_as_regexec(expressions[i], texts[k], REG_NOTBOL);
        }
}

static void gives_up_what_would_take_for_ever(void **state)
{
    (void)state;
    static const char *const expressions[] = {"(a+)+b;", "a.*a.*a.*a.*b;", "(a|aa)+b;", "(a*)(a*)\\1\\2b;"};
    enum { len = 20000 };
    char *text = memory_new(len + 4, 1);
    memset(text, 'a', len);
    memcpy(text + len, "b,;", 3); /* all that the expressions need to have is there */
    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        struct error err;
        struct match_effort effort = {0};
        regmatch_t parts[1];
        struct matcher *matcher = matcher_create(expressions[i], &err);
        assert_non_null(matcher);
        assert_int_equal(matcher_find(matcher, text, parts, 1, 0, &effort), MATCH_COSTLY);
        matcher_destroy(matcher);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_what_posix_says),
        cmocka_unit_test(gives_up_what_would_take_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
