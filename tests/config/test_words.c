#include "fixture.h"

/* Warns of so many words, and says all of this; NULL at the end. */
static void assert_warned(const char *text, size_t count, const char *const *said)
{
    struct fixture fixture = fixture_open(text, CONFIG_FOR_PROGRAM);
    if (!fixture.config || faults_count(fixture.faults, FAULT_WARNING) != count)
        print_error("%s\n%s", text, text_get(&fixture.said));
    assert_non_null(fixture.config);
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), count);
    for (; said && *said; said++)
        assert_true(fixture_said(&fixture, *said));
    fixture_close(&fixture);
}

static void warns_of_every_unquoted_yes_and_no(void **state)
{
    (void)state;
    static const char *const words[2][8] = {{"no", "No", "NO", "off", "Off", "OFF", "n", "N"},
                                            {"yes", "Yes", "YES", "on", "On", "ON", "y", "Y"}};
    for (int truth = 0; truth < 2; truth++)
        for (size_t i = 0; i < 8; i++) {
            CLEANUP(memory_free) char *text = text_format("use_bn: %s", words[truth][i]);
            CLEANUP(memory_free)
            char *said = text_format(
                "config.json:1:9: warning: 'use_bn' is the string \"%s\"; for a boolean write %s, "
                "or quote it\n    1 | use_bn: %s\n      |         ^\n",
                words[truth][i], truth ? "true" : "false", words[truth][i]);
            assert_warned(text, 1, (const char *const[]){said, NULL});
        }
}

static void warns_on_axes_and_deep_down(void **state)
{
    (void)state;
    assert_warned(
        "augment: [on, off]", 2,
        (const char *const[]){"1:11: warning: 'augment' holds the string \"on\"; for a boolean write true",
                              "1:15: warning: 'augment' holds the string \"off\"", NULL});
    assert_warned("model: {norm: {bn: no}}", 1,
                  (const char *const[]){"'model.norm.bn' is the string \"no\"", NULL});
    assert_warned("opt: [{nesterov: yes}, {nesterov: 1}]", 1,
                  (const char *const[]){"'opt.nesterov' is the string \"yes\"", NULL});
    assert_warned("m: [[no, 1]]", 1, (const char *const[]){"'m' holds the string \"no\"", NULL});
    assert_warned("bn: [\"no\", 1]\nmeta: {exclude_configs: [{bn: no}]}", 1,
                  (const char *const[]){"2:31: warning: 'bn' is the string \"no\"", NULL});
}

static void takes_letters_for_booleans_only_among_such(void **state)
{
    (void)state;
    assert_warned("axis: [x, y, z]", 0, NULL);
    assert_warned("axis: [n, m]", 0, NULL);
    assert_warned("flag: [y, n]", 2, NULL);
    assert_warned("flag: [y, false]", 1, NULL);
    assert_warned("country: [de, no]", 1, NULL);
}

static void does_not_warn_of_what_is_a_string_by_quotes_or_meaning(void **state)
{
    (void)state;
    static const char *const fine[] = {
        "{a: \"no\", b: 'yes', c: ['on', \"off\"]}",
        "a: !!str no",
        "a: |-\n  no",
        "{yes: 1, no: 2}",
        "a: [nO, yEs, oN, none, ye, note]",
        "{data_name: on, data_dir: no, train_prefix: y, log_dir: off}",
        "data_dir: [on, off]",
        "meta: {program: [train, --bn, no]}",
    };
    for (size_t i = 0; i < COUNT(fine); i++)
        assert_warned(fine[i], 0, NULL);
}

static void shows_few_of_many_and_counts_the_rest(void **state)
{
    (void)state;
    assert_warned("a: no\nb: no\nc: no\nd: no\ne: [no]\n", 4,
                  (const char *const[]){
                      "3:4: warning: 'c' is the string",
                      "4:4: warning: 2 more of yes, no, on and off that are strings, from here on; for "
                      "booleans write true or false, or quote them",
                      NULL});
    assert_warned("a: &x {b: no}\nc: *x\nd: {<<: *x}\n", 1, NULL);
}

static void says_nothing_where_the_word_is_an_error_already(void **state)
{
    (void)state;
    struct fixture fixture =
        fixture_open("data_name: a\ndata_dir: b\nbatch_size: 1\nepochs: 1\ncache: yes\n", CONFIG_FOR_FORK);
    assert_null(fixture.config);
    assert_true(fixture_said(&fixture, "'cache' must be true or false"));
    assert_int_equal(faults_count(fixture.faults, FAULT_WARNING), 0);
    fixture_close(&fixture);
}

static void says_nothing_of_data_that_is_no_config(void **state)
{
    (void)state;
    struct error err = {0};
    CLEANUP(value_cleanup) struct value *value = config_parse("cell", "no", 2, &err);
    assert_true(is_json(value, "\"no\""));
    assert_int_equal(err.kind, ERROR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warns_of_every_unquoted_yes_and_no),
        cmocka_unit_test(warns_on_axes_and_deep_down),
        cmocka_unit_test(takes_letters_for_booleans_only_among_such),
        cmocka_unit_test(does_not_warn_of_what_is_a_string_by_quotes_or_meaning),
        cmocka_unit_test(shows_few_of_many_and_counts_the_rest),
        cmocka_unit_test(says_nothing_where_the_word_is_an_error_already),
        cmocka_unit_test(says_nothing_of_data_that_is_no_config),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
