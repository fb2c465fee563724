#include "fixture.h"

#include "store/cell.h"

static void writes_scalars_by_their_text_and_the_rest_as_json(void **state)
{
    static const struct {
        const char *value, *cell;
    } cases[] = {
        {"null", ""},
        {"true", "true"},
        {"0.0001", "0.0001"},
        {"1e-3", "1e-3"},
        {"'foo bar'", "foo bar"},
        {"'1'", "\"1\""},
        {"'true'", "\"true\""},
        {"'None'", "\"None\""},
        {"''", "\"\""},
        {"'[x'", "\"[x\""},
        {"'\"q'", "\"\\\"q\""},
        {"[64, '64', null]", "[64, \"64\", null]"},
        {"{a: 1}", "{\"a\": 1}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(value_cleanup) struct value *value = parse(*state, cases[i].value);
        CLEANUP(text_free) struct text cell = {0};
        store_cell_add(&cell, value);
        assert_string_equal(text_get(&cell), cases[i].cell);
    }
}

static int64_t find_equal(const void *expected, const struct value *value)
{
    return value_equal(expected, value) ? 7 : -1;
}

static bool matches(struct fixture *fixture, const char *cell, const char *expected)
{
    CLEANUP(value_cleanup) struct value *value = parse(fixture, expected);
    return store_cell_match(cell, strlen(cell), find_equal, value) == 7;
}

static void matches_what_pandas_spreadsheets_and_python_make_of_a_value(void **state)
{
    static const struct {
        const char *cell, *value;
    } cases[] = {
        {"32.0", "32"},           {"3.2e1", "32"},
        {"0.001", "1e-3"},        {"True", "true"},
        {"TRUE", "true"},         {"fAlse", "false"},
        {"foo", "'foo'"},         {"\"foo\"", "'foo'"},
        {"\"1\"", "'1'"},         {"1", "'1'"},
        {"001", "'001'"},         {"", "null"},
        {"None", "null"},         {"nan", "null"},
        {"NULL", "null"},         {"nan", ".nan"},
        {"inf", ".inf"},          {"-inf", "-.inf"},
        {"[64, 64]", "[64,64]"},  {"['a', None, True]", "[a, null, true]"},
        {"{'a': 1}", "{a: 1.0}"}, {"[x", "'[x'"},
        {"nan", "'nan'"},         {"true", "'true'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!matches(*state, cases[i].cell, cases[i].value))
            fail_msg("%s does not match %s", cases[i].cell, cases[i].value);
}

static void does_not_match_what_differs(void **state)
{
    static const struct {
        const char *cell, *value;
    } cases[] = {
        {"33", "32"}, {"\"32\"", "32"}, {"1", "true"}, {"Foo", "'foo'"}, {"0", "null"}, {"[64]", "[64, 64]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(*state, cases[i].cell, cases[i].value))
            fail_msg("%s matches %s", cases[i].cell, cases[i].value);
}

static int64_t find_in_array(const void *array, const struct value *value)
{
    for (size_t i = 0; i < value_count(array); i++)
        if (value_equal(value_item(array, i), value))
            return (int64_t)i;
    return -1;
}

static void prefers_the_exact_meaning(void **state)
{
    static const char *const cells[] = {"1", "\"1\"", "[1]", "\"[1]\"", "", "\"\"", "true", "\"true\""};
    CLEANUP(value_cleanup)
    struct value *values =
        parse(*state, "[1, '1', [1], '[1]', null, '', true, 'true', '\"1\"', '\"[1]\"', '\"\"']");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        assert_int_equal(store_cell_match(cells[i], strlen(cells[i]), find_in_array, values), i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_scalars_by_their_text_and_the_rest_as_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(matches_what_pandas_spreadsheets_and_python_make_of_a_value, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(does_not_match_what_differs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(prefers_the_exact_meaning, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
