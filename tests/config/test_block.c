/* Slips in the block style of YAML: brackets that are not closed, and colons without a space. */
#include "fixture.h"

/* Says this of the text, and has so many faults. */
static void assert_says(const char *text, size_t count, const char *const *said)
{
    struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
    size_t found = faults_count(fixture.faults, FAULT_ERROR) + faults_count(fixture.faults, FAULT_WARNING);
    if (found != count)
        print_error("%s\n%s", text, text_get(&fixture.said));
    assert_int_equal(found, count);
    for (; said && *said; said++)
        assert_true(fixture_said(&fixture, *said));
    fixture_close(&fixture);
}

static void assert_says_one(const char *text, const char *said)
{
    assert_says(text, 1, (const char *const[]){said, NULL});
}

static void tells_of_an_unclosed_bracket_and_not_of_its_consequences(void **state)
{
    (void)state;
    assert_says_one("act: [relu, tanh\nbs: 3\nmeta:\n  allow_cpu: true\n",
                    "config.json:1:6: error: this bracket is never closed; add ']' at the end of line 1\n");
    assert_says_one("act: [relu, tanh,\nbs: 3\nmeta:\n  allow_cpu: true\n",
                    "1:6: error: this bracket is never");
    assert_says_one("act: [\n  relu,\n  tanh # the last\n\n# next\nbs: 3\n",
                    "add ']' at the end of line 3\n");
    assert_says_one("act: [\"a\", \"b]\"\n'bs': 3\nx: [1, 2]\n", "1:6: error: this bracket is never closed");
    assert_says_one("m: {a: 1, b: 2\nbs: 3\nx: {y: 2}\n",
                    "1:4: error: this bracket is never closed; add '}' at");
    assert_says_one("sizes:\n  - [64, 64\n  - [32]\nbs: 4\n",
                    "2:5: error: this bracket is never closed; add ']'");
    assert_says_one("m: {a: {b: 2\nbs: 3\n", "add '}}' at the end of line 1");
    assert_says_one("act: [don't, b\nbs: 3\n", "add ']' at the end of line 1");
}

static void goes_on_after_an_unclosed_bracket(void **state)
{
    (void)state;
    assert_says(
        "act: [relu\nlr: [1, 2\nk: 3\nlog_dir: ~/x\n", 3,
        (const char *const[]){"1:6: error: this bracket is never closed; add ']' at the end of line 1",
                              "2:5: error: this bracket is never closed; add ']' at the end of line 2",
                              "4:10: warning: 'log_dir' is not a path", NULL});
}

static void takes_a_bracket_that_is_closed_further_on_as_closed(void **state)
{
    (void)state;
    assert_says("act: [relu,\ntanh]\nm: {\na: 1,\nb: 2\n}\n", 0, NULL);
    assert_says_one("m: {\na: 1\nb: 2\n}\nbs: 4\n", "2:5: error: a comma is missing here");
    assert_says_one("m: {x: 0,\na: 1\nb: 2}\nbs: 4\n", "2:5: error: a comma is missing here");
}

static void names_the_last_line_for_a_bracket_that_is_open_there(void **state)
{
    (void)state;
    assert_says_one("{\"a\": 1,\n \"b\": [1, 2]\n\n# end\n",
                    "1:1: error: this bracket is never closed; add '}' at "
                    "the end of line 2");
}

static void tells_of_the_missing_space_where_it_is_missing(void **state)
{
    (void)state;
    static const char said[] = "a space is missing after ':'; write key: value";
    assert_says_one("lr:3\nbs: 4\n",
                    "config.json:1:3: error: a space is missing after ':'; write key: value");
    assert_says_one("bs: 4\nlr:3\n", "2:3: error: a space is missing");
    assert_says_one("a: 1\nlr:[1, 2]\nbs: 4\n", "2:3: error: a space is missing");
    assert_says_one("m:\n  lr:3\n  bs: 4\n", "2:5: error: a space is missing");
    assert_says_one("lr:3\nbs:4\n", said);
    assert_says("lr:3\nbs:4\nlog_dir: ~/x\n", 3,
                (const char *const[]){"1:3: error: a space is missing", "2:3: error: a space is missing",
                                      "3:10: warning: 'log_dir' is not a path", NULL});
}

static void warns_of_a_missing_space_that_makes_a_string_of_an_object(void **state)
{
    (void)state;
    assert_says_one("m:\n  lr:3\nbs: 4\n", "2:3: warning: a space is missing after ':', so 'm' is a string");
    assert_says_one("m:\n  lr:3\n  bs:4\n", "2:3: warning: a space is missing after ':', so 'm' is a string");
    assert_says("image: repo:tag\nurl:\n  http://x:3\nat:\n  10:30\nlist:\n  - a:b\ns:\n  'a:b'\n", 0, NULL);
}

static void still_tells_of_other_indentation(void **state)
{
    (void)state;
    assert_says_one("batch_size: 32\n  epochs: 50\n",
                    "2:3: error: this line is indented unlike its neighbours");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_of_an_unclosed_bracket_and_not_of_its_consequences),
        cmocka_unit_test(goes_on_after_an_unclosed_bracket),
        cmocka_unit_test(takes_a_bracket_that_is_closed_further_on_as_closed),
        cmocka_unit_test(names_the_last_line_for_a_bracket_that_is_open_there),
        cmocka_unit_test(tells_of_the_missing_space_where_it_is_missing),
        cmocka_unit_test(warns_of_a_missing_space_that_makes_a_string_of_an_object),
        cmocka_unit_test(still_tells_of_other_indentation),
    };
    return cmocka_run_group_tests_name("block", tests, NULL, NULL);
}
