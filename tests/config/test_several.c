#include "fixture.h"

/* Warns of so many, and says this; NULL: anything. */
static void assert_warned(const char *text, size_t count, const char *said)
{
    struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
    if (!fixture.config || faults_count(fixture.faults, FAULT_WARNING) != count)
        print_error("%s\n%s", text, text_get(&fixture.said));
    assert_non_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), count);
    if (said)
        assert_true(fixture_said(&fixture, said));
    fixture_close(&fixture);
}

static void warns_of_numbers_without_brackets(void **state)
{
    (void)state;
    assert_warned(
        "bs: 32, 64", 1,
        "config.json:1:5: warning: 'bs' is the string \"32, 64\"; for several values write [32, 64], "
        "or put it in quotes\n    1 | bs: 32, 64\n      |     ^\n");
    assert_warned("lr: 0.1,0.2", 1, "write [0.1, 0.2]");
    assert_warned("lr: 1e-3 .5 -7", 1, "write [1e-3, 0.5, -7]");
    assert_warned("lr: 0.1; 0.2", 1, "write [0.1, 0.2]");
    assert_warned("lr: 0.1 - 0.2", 1, "write [0.1, 0.2]");
    assert_warned("cache: true, false", 1, "write [true, false]");
    assert_warned("lr:\n  -0.1\n  -0.2\n", 1, "write [-0.1, -0.2]");
    assert_warned("lr: 0.1\n  - 0.2\n", 1, "write [0.1, 0.2]");
    assert_warned("model: {lr: 1 2}", 1, "'lr' is the string \"1 2\"");
    assert_warned("lr: [1, 2]\nmeta: {exclude_configs: [{lr: 1 2}]}", 1, "'lr' is the string \"1 2\"");
}

static void takes_commas_between_thousands_for_those(void **state)
{
    (void)state;
    assert_warned("m: 5,000", 1, "for the number write 5000 without commas");
    assert_warned("m: [12,345,678]", 0, NULL);
    assert_warned("m: 12,345,678", 1, "for the number write 12345678 without commas");
    assert_warned("m: 5,00", 1, "for several values write [5, 0]");
    assert_warned("m: 0.5,000", 1, "for several values write");
}

static void warns_of_numbers_without_commas(void **state)
{
    (void)state;
    assert_warned("lr: [0.1 0.01]", 1,
                  "'lr' holds the string \"0.1 0.01\"; for several values write 0.1, 0.01,");
    assert_warned("lr: [0.1 0.01, 3]", 1, "1:6: warning");
    assert_warned("shape: [[28 28]]", 1, "write 28, 28,");
    assert_warned("{\"lr\": 0.1 0.2, \"bs\": 2}", 1, "'lr' is the string");
}

static void warns_of_items_indented_too_far(void **state)
{
    (void)state;
    assert_warned("lr:\n  - 0.1\n  - 0.2\n    - 0.3\n", 1,
                  "3:5: warning: this item goes on in line 4, whose '-' is indented too far");
    assert_warned("opt:\n- SGD\n\n  - Adam\n  - RMSprop\n", 1, "this item goes on in line 4");
    assert_warned("text:\n  - a - b\n  - c\n    -d\n", 0, NULL);
}

static void warns_of_commas_of_json_without_its_braces(void **state)
{
    (void)state;
    assert_warned("\"lr\": 0.1,\n\"k\": [1, 2]", 1,
                  "'lr' is the string \"0.1,\"; remove the comma, or write { } around the config as in JSON");
    assert_warned("opt: SGD,\nlr: 1", 1, "'opt' is the string \"SGD,\"");
    assert_warned("cache: true,\nlr: 1", 1, "'cache' is the string \"true,\"");
}

static void warns_of_what_only_python_reads(void **state)
{
    (void)state;
    assert_warned("lr: (0.1, 0.2)", 1, "( ) make no array, so write [ ], as in [0.1, 0.2]");
    assert_warned("shape: [(28, 28), (32, 32)]", 2, "'shape' holds the string \"(28\"");
    assert_warned("n: range(3)", 1, "nothing is computed here, so write the values out, as in [0, 1, 2]");
    assert_warned("n: list(range(3))", 1, "nothing is computed here");
    assert_warned("n: np.linspace(0, 1, 5)", 1, "nothing is computed here");
    assert_warned("lr: {0.1, 0.2}", 1,
                  "1:6: warning: '0.1' is a key without a value here; for several values write [ ]");
    assert_warned("{lr: 0.1, 0.2}", 1, "1:11: warning: '0.2' is a key without a value here");
}

static void does_not_warn_of_other_strings(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "a: 2020-12-02",
        "a: 2020-12-02 10:00:00",
        "a: 1.2.3",
        "a: 10.0.0.1",
        "a: 1-2",
        "a: 1..5",
        "a: 0:10",
        "a: 10:30, 11:30",
        "a: data/1, data/2",
        "a: data 1",
        "a: '1, 2'",
        "a: [\"1 2\"]",
        "a: fast, cheap",
        "a: 3 x 3",
        "a: strange(3)",
        "a: (a) b",
        "a: !!str 1 2",
        "a: |-\n  1 2",
        "a: \"SGD,\"",
        "a: 5 epochs",
        "a: {1: null, 2: null}",
        "a: {x: , y: }",
        "a: {1: 2, 3: 4}",
        "meta: {program: [a, 1 2]}",
    };
    for (size_t i = 0; i < COUNT(fine); i++)
        assert_warned(fine[i], 0, NULL);
}

static void shows_few_of_many_and_counts_the_rest(void **state)
{
    (void)state;
    assert_warned("a: 1 2\nb: 1 2\nc: 1 2\nd: 1 2\ne: [1 2]\n", 4,
                  "4:4: warning: 2 more like those above, from here on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warns_of_numbers_without_brackets),
        cmocka_unit_test(takes_commas_between_thousands_for_those),
        cmocka_unit_test(warns_of_numbers_without_commas),
        cmocka_unit_test(warns_of_items_indented_too_far),
        cmocka_unit_test(warns_of_commas_of_json_without_its_braces),
        cmocka_unit_test(warns_of_what_only_python_reads),
        cmocka_unit_test(does_not_warn_of_other_strings),
        cmocka_unit_test(shows_few_of_many_and_counts_the_rest),
    };
    return cmocka_run_group_tests_name("several", tests, NULL, NULL);
}
