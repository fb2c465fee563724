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

static void stays_clear_of_what_regcomp_cannot_do(void **state)
{
    (void)state;
    struct error err;
    char rows[64] = "(a", nested[400001], marks[80] = "e+";
    memset(marks + 2, '?', 64);
    strcpy(marks + 66, "+++2++");
    memset(rows + 2, '+', 40);
    strcpy(rows + 42, ")");
    memset(nested, '(', 200000);
    memset(nested + 200000, ')', 200000);
    nested[400000] = '\0';
    const char *const refused[] = {rows,
                                   marks,
                                   nested,
                                   "(a{9999}){9999}",
                                   "((([]+]{50}b){,50})+{9,}c){50}",
                                   "((x{0}){999})+",
                                   "((((x?){10}){10}){10})+"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(expression_check(refused[i], &err));
        assert_non_null(strstr(err.text, "nested or repeated too often"));
    }
    const char *const taken[] = {"[[:alpha:]+(]{9}([+-]?[0-9]+\\.[0-9]+(e[+-]?[0-9]+)?)+",
                                 "(([0-9]{1,3}\\.){3}:[0-9]+)+", "[0-9a-f]{64} x{200}",
                                 "\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+\\+[+++++++++++++++++++++]"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_true(expression_check(taken[i], &err));
}

static void a_brace_with_number_stands_for_any_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t group, number;
        const char *line;
    } cases[] = {
        {"loss: {number}$", 0, 1, "loss: -1.5e-05"},
        {"(loss|cost): {number}$", 1, 2, "cost: inf"},
        {"{number} ({number})", 6, 1, "1,234.5 .5"},
        {"[({number}]+[)] \\( ([a-z]+){number}", 1, 2, "({number}) ( x1"},
        {"\\{number}", 0, 0, "{number}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct expression expression;
        struct error err;
        regmatch_t parts[1];
        struct match_effort effort = {0};
        assert_true(expression_compile(&expression, cases[i].text, &err));
        assert_int_equal(expression.group, cases[i].group);
        assert_int_equal(expression.number, cases[i].number);
        if (expression_find(&expression, cases[i].line, parts, 1, 0, &effort) != MATCH_FOUND ||
            parts[0].rm_so != 0)
            fail_msg("%s does not match %s", cases[i].text, cases[i].line);
        assert_int_equal(parts[0].rm_eo, strlen(cases[i].line));
        expression_free(&expression);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_grep_takes),
        cmocka_unit_test(stays_clear_of_what_regcomp_cannot_do),
        cmocka_unit_test(says_what_is_wrong_and_what_to_write),
        cmocka_unit_test(a_brace_with_number_stands_for_any_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
