#include "fixture.h"

static void assert_reads(const char *text, const char *json)
{
    struct error err = {0};
    CLEANUP(value_cleanup) struct value *value = config_parse("t.yaml", text, strlen(text), &err);
    if (!value)
        print_error("%s: %s\n", text, err.text);
    assert_non_null(value);
    assert_true(is_json(value, json));
}

static void standard_tags_mean_what_they_say(void **state)
{
    (void)state;
    assert_reads("!!float \"0.001\"", "0.001");
    assert_reads("!!float '1e-3'", "1e-3");
    assert_reads("!!float 5", "5.0");
    assert_reads("!!float .5", "0.5");
    assert_reads("!!float '.inf'", "Infinity");
    assert_reads("!!int \"5\"", "5");
    assert_reads("!<tag:yaml.org,2002:int> '7'", "7");
    assert_reads("[!!bool \"true\", !!bool no, !!bool On, !!bool 'False']", "[true, false, true, false]");
    assert_reads("[!!str 5, !!str true, !!str, !!str null, !!str no]",
                 "[\"5\", \"true\", \"\", \"null\", \"no\"]");
    assert_reads("[! 5, ! [1], ! {a: 1}]", "[\"5\", [1], {\"a\": 1}]");
    assert_reads("a: !!null ''\nb: !!null\nc: !!null ~\n", "{\"a\": null, \"b\": null, \"c\": null}");
    assert_reads("a: !!seq [1]\nb: !!map {c: 1}\nd: !!seq\n- 1\n",
                 "{\"a\": [1], \"b\": {\"c\": 1}, \"d\": [1]}");
    assert_reads("!!map {!!str 5: 1, !!int 6: 2}", "{\"5\": 1, \"6\": 2}");
    assert_reads("a: &x !!int '1'\nb: *x\n", "{\"a\": 1, \"b\": 1}");
    assert_reads("a: &x {b: 1}\nc: {!!merge <<: *x}\nd: {!!str <<: 2}\n",
                 "{\"a\": {\"b\": 1}, \"c\": {\"b\": 1}, \"d\": {\"<<\": 2}}");
}

static void a_value_that_does_not_fit_its_tag_is_refused(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"a: !!int five",
         "1:10: error: the tag !!int says that this is an integer, but it is \"five\"; correct it, or"},
        {"a: !!int 5.0", "!!int says that this is an integer, but it is 5.0"},
        {"a: !!int", "but it is null"},
        {"a: !!int [1]", "1:10: error: the tag !!int says that this is an integer, but it is an array"},
        {"a: !!float \"0.1 \"", "!!float says that this is a number"},
        {"a: !!bool 1", "!!bool says that this is true or false, but it is 1"},
        {"a: !!null 0", "!!null says that this is null, but it is 0"},
        {"a: !!str [1]", "!!str says that this is a string, but it is an array"},
        {"a: !!seq {b: 1}", "!!seq says that this is an array, but it is an object"},
        {"a: !!map 5", "!!map says that this is an object, but it is 5"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void an_unknown_tag_is_refused_with_what_to_write(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"a: !Ref x",
         "1:4: error: furcate does not know the tag !Ref; remove it, and write the value itself"},
        {"a: [1, !env HOME]",
         "1:8: error: furcate does not know the tag !env; remove it, and give the value on the"},
        {"a: !ENV ${X}", "the tag !ENV; remove it, and give the value on the command line: --set KEY=VALUE"},
        {"a: !include b.yaml", "the tag !include; a config is one file"},
        {"a: !!python/tuple [1]", "the tag !!python/tuple; write an array"},
        {"a: !!python/object:os.system {}", "no objects of Python are made here"},
        {"a: !!binary aGk=", "the tag !!binary; write a string in quotes"},
        {"a: !!timestamp 2001-01-01", "the tag !!timestamp; remove it, and the time is a string"},
        {"a: !!set {b}", "the tag !!set; write an array of its members"},
        {"a: !!omap [b: 1]", "the tag !!omap; write an object"},
        {"!x a: 1", "1:1: error: furcate does not know the tag !x"},
        {"!!map {a: !!y 1}", "1:11: error: furcate does not know the tag !!y"},
        {"a: !<tag:x.org,2000:y> 1", "the tag tag:x.org,2000:y; remove it"},
    };
    assert_refused(refusals, COUNT(refusals), CONFIG_FOR_PROGRAM);
}

static void all_tags_are_told_at_once(void **state)
{
    (void)state;
    struct fixture fixture = fixture_open("{a: !x 1, b: !y 2,\n c: !!int d, epochs: 0}", CONFIG_FOR_PROGRAM);
    assert_true(fixture_said(&fixture, "1:5: error: furcate does not know the tag !x"));
    assert_true(fixture_said(&fixture, "2:11: error: the tag !!int says"));
    fixture_close(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_tags_mean_what_they_say),
        cmocka_unit_test(a_value_that_does_not_fit_its_tag_is_refused),
        cmocka_unit_test(an_unknown_tag_is_refused_with_what_to_write),
        cmocka_unit_test(all_tags_are_told_at_once),
    };
    return cmocka_run_group_tests_name("tag", tests, NULL, NULL);
}
