#include "fixture.h"

static struct faults *faults_of(const char *source)
{
    struct faults *faults = faults_create("c.json");
    faults_set_source(faults, source, strlen(source));
    return faults;
}

static void assert_text(struct faults *faults, const char *expected)
{
    CLEANUP(text_free) struct text text = {0};
    faults_add_text(faults, &text);
    assert_string_equal(text_get(&text), expected);
    faults_destroy(faults);
}

static void shows_the_line_and_a_caret(void **state)
{
    (void)state;
    struct faults *faults = faults_of("{\n    \"a\": 1,\r\n}");
    fault_add(faults, FAULT_ERROR, (struct value_place){2, 5, 0}, "'%s' is bad", "a");
    assert_text(faults, "c.json:2:5: error: 'a' is bad\n    2 |     \"a\": 1,\n      |     ^\n");
}

static void keeps_the_caret_below_tabs_and_wide_text(void **state)
{
    (void)state;
    struct faults *faults = faults_of("\xef\xbb\xbf\t\"\xc3\xa9\": x");
    fault_add(faults, FAULT_WARNING, (struct value_place){1, 7, 0}, "odd");
    assert_text(faults, "c.json:1:7: warning: odd\n    1 | \t\"\xc3\xa9\": x\n      | \t     ^\n");
}

static void sorts_by_place_with_the_whole_file_first(void **state)
{
    (void)state;
    struct faults *faults = faults_create("c.json");
    fault_add(faults, FAULT_ERROR, (struct value_place){3, 1, 0}, "third");
    fault_add(faults, FAULT_WARNING, (struct value_place){1, 9, 0}, "second");
    fault_add(faults, FAULT_ERROR, (struct value_place){0}, "first");
    fault_add(faults, FAULT_ERROR, (struct value_place){3, 1, 0}, "fourth");
    assert_int_equal(faults_count(faults, FAULT_ERROR), 3);
    assert_int_equal(faults_count(faults, FAULT_WARNING), 1);
    enum fault_level level;
    assert_string_equal(faults_line(faults, 1, &level), "c.json:1:9: second");
    assert_int_equal(level, FAULT_WARNING);
    assert_null(faults_line(faults, 4, &level));
    assert_text(faults, "c.json: error: first\nc.json:1:9: warning: second\nc.json:3:1: error: third\n"
                        "c.json:3:1: error: fourth\n");
}

static void counts_those_beyond_the_first_hundred_of_each_level(void **state)
{
    (void)state;
    struct faults *faults = faults_create("c.json");
    for (uint32_t line = 1; line <= 300; line++)
        fault_add(faults, FAULT_WARNING, (struct value_place){line, 1, 0}, "odd");
    fault_add(faults, FAULT_ERROR, (struct value_place){301, 1, 0}, "bad");
    CLEANUP(text_free) struct text text = {0};
    faults_add_text(faults, &text);
    assert_non_null(strstr(text_get(&text), "c.json:100:1: warning: odd\nc.json:301:1: error: bad\n"
                                            "c.json: and 200 more warnings\n"));
    assert_null(strstr(text_get(&text), "more error"));
    faults_destroy(faults);
}

static void shows_what_was_typed_beside_the_file_behind_its_faults(void **state)
{
    (void)state;
    struct faults *faults = faults_of("a: 1\n");
    uint32_t typed = faults_add_source(faults, "--set b", "x y", 3);
    fault_add(faults, FAULT_ERROR, (struct value_place){1, 3, typed}, "'b' is bad");
    fault_add(faults, FAULT_ERROR, (struct value_place){1, 1, 0}, "'a' is bad");
    enum fault_level level;
    assert_string_equal(faults_line(faults, 1, &level), "--set b: 'b' is bad");
    assert_text(faults, "c.json:1:1: error: 'a' is bad\n    1 | a: 1\n      | ^\n"
                        "--set b: error: 'b' is bad\n      | x y\n      |   ^\n");
}

static void moves_faults_into_another_report(void **state)
{
    (void)state;
    struct faults *faults = faults_of("a: 1\n"), *pass = faults_create("");
    fault_add(pass, FAULT_WARNING, (struct value_place){1, 4, 0}, "second");
    fault_add(faults, FAULT_ERROR, (struct value_place){1, 1, 0}, "first");
    faults_move(faults, pass);
    assert_int_equal(faults_count(pass, FAULT_WARNING), 0);
    faults_destroy(pass);
    assert_text(faults, "c.json:1:1: error: first\n    1 | a: 1\n      | ^\n"
                        "c.json:1:4: warning: second\n    1 | a: 1\n      |    ^\n");
}

static void shows_a_part_of_a_long_line(void **state)
{
    (void)state;
    char line[5001];
    memset(line, 'x', 5000);
    line[5000] = '\0';
    line[2999] = '!';
    struct faults *faults = faults_of(line);
    fault_add(faults, FAULT_ERROR, (struct value_place){1, 3000, 0}, "here");
    CLEANUP(text_free) struct text text = {0};
    faults_add_text(faults, &text);
    assert_true(text.len < 400);
    const char *mark = strchr(text_get(&text), '!'), *caret = strchr(text_get(&text), '^');
    assert_non_null(mark);
    const char *shown = strchr(text_get(&text), '\n') + 1, *below = strchr(shown, '\n') + 1;
    assert_int_equal(mark - shown, caret - below);
    faults_destroy(faults);
}

static void lets_no_control_character_through(void **state)
{
    (void)state;
    struct faults *faults = faults_of("a\x1b[31m");
    fault_add(faults, FAULT_ERROR, (struct value_place){1, 1, 0}, "key '%s'", "a\n\x1b");
    assert_text(faults, "c.json:1:1: error: key 'a\\x0a\\x1b'\n    1 | a\\x1b[31m\n      | ^\n");
}

static void shows_bytes_that_are_no_text_by_their_numbers(void **state)
{
    (void)state;
    struct faults *faults = faults_of("\"\xc3\xa9 \xe9\": \x9b"
                                      "31m\xc3");
    fault_add(faults, FAULT_ERROR, (struct value_place){1, 4, 0}, "'%s'", "\xff\xfe");
    assert_text(faults,
                "c.json:1:4: error: '\\xff\\xfe'\n    1 | \"\xc3\xa9 \\xe9\": \\x9b31m\\xc3\n      |    ^\n");
}

static void shows_no_line_that_is_not_there(void **state)
{
    (void)state;
    struct faults *faults = faults_of("a: 1\n");
    fault_add(faults, FAULT_ERROR, (struct value_place){9, 9, 0}, "gone");
    assert_text(faults, "c.json:9:9: error: gone\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_the_line_and_a_caret),
        cmocka_unit_test(keeps_the_caret_below_tabs_and_wide_text),
        cmocka_unit_test(sorts_by_place_with_the_whole_file_first),
        cmocka_unit_test(shows_what_was_typed_beside_the_file_behind_its_faults),
        cmocka_unit_test(moves_faults_into_another_report),
        cmocka_unit_test(counts_those_beyond_the_first_hundred_of_each_level),
        cmocka_unit_test(shows_a_part_of_a_long_line),
        cmocka_unit_test(lets_no_control_character_through),
        cmocka_unit_test(shows_bytes_that_are_no_text_by_their_numbers),
        cmocka_unit_test(shows_no_line_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
