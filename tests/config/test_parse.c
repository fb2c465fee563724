#include "fixture.h"

#include <stdio.h>

static struct value *parse(const char *text)
{
    struct error err = {0};
    struct value *value = config_parse("t.json", text, strlen(text), &err);
    if (!value)
        print_error("%s: %s\n", text, err.text);
    return value;
}

static void assert_reads(const char *text, const char *json)
{
    CLEANUP(value_cleanup) struct value *value = parse(text);
    assert_non_null(value);
    assert_true(is_json(value, json));
}

static void reads_json_as_people_write_it(void **state)
{
    (void)state;
    assert_reads("{'a': 1, # why\n\t\"b\": [True, None,],\n}", "{\"a\": 1, \"b\": [true, null]}");
    assert_reads("{\"a\":1,\"b\":{\"c\":[]}}", "{\"a\": 1, \"b\": {\"c\": []}}");
    assert_reads("{\"a\": \"\\ud83d\\ude00 \\u00e9 \\/\"}", "{\"a\": \"\xf0\x9f\x98\x80 \xc3\xa9 /\"}");
    assert_reads("\xef\xbb\xbf{\"a\": NaN}", "{\"a\": NaN}");
    assert_reads("{\"a\": \"5\", 'b': 'true'}", "{\"a\": \"5\", \"b\": \"true\"}");
}

static void reads_yaml(void **state)
{
    (void)state;
    assert_reads("a:\n  - 1\n  - x y\nb: ~\nc:\n", "{\"a\": [1, \"x y\"], \"b\": null, \"c\": null}");
    assert_reads("a: !!str 5\nb: |\n  two\n  lines\n", "{\"a\": \"5\", \"b\": \"two\\nlines\\n\"}");
    assert_reads("text: over\n  two lines\n", "{\"text\": \"over two lines\"}");
    assert_reads("{url: http://a//b, path: a/*}", "{\"url\": \"http://a//b\", \"path\": \"a/*\"}");
    assert_reads("floor: 5 // 2\n", "{\"floor\": \"5 // 2\"}");
}

static void reads_strings_over_several_lines(void **state)
{
    (void)state;
    assert_reads("a: 'b\n\n\n  c  '\n", "{\"a\": \"b\\n\\nc  \"}");
    assert_reads("a: \"b\\\n\n\n c\"\n", "{\"a\": \"b\\n\\nc\"}");
    assert_reads("[\"b  \\_\\\n\n\n\\N\"]", "[\"b  \xc2\xa0\\n\\n\xc2\x85\"]");
    CLEANUP(value_cleanup) struct value *folded = parse(">-\n  a\n  b\n\n\n   c\n");
    assert_int_equal(value_text_len(folded), strlen(value_text(folded)));
}

static void reads_quotes_and_backslashes(void **state)
{
    (void)state;
    assert_reads("['', '''', '''a', 'a''', 'b''c''d', 'it''s\n two']",
                 "[\"\", \"'\", \"'a\", \"a'\", \"b'c'd\", \"it's two\"]");
    assert_reads("[\"\\\\\", \"a\\\\b\\\n c\", \"''''\", \"\\\\x\n d\"]",
                 "[\"\\\\\", \"a\\\\bc\", \"''''\", \"\\\\x d\"]");
}

static void resolves_aliases_and_merge_keys(void **state)
{
    (void)state;
    assert_reads("a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  c: 3\n",
                 "{\"a\": {\"b\": 1, \"c\": 2}, \"d\": {\"b\": 1, \"c\": 2}, \"e\": {\"c\": 3, \"b\": 1}}");
    assert_reads("a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}",
                 "{\"a\": {\"b\": 1}, \"c\": {\"b\": 2, \"d\": 3}, \"e\": {\"b\": 1, \"d\": 3}}");
    assert_reads("{'<<': 1, 'a': {\"<<\": [2]}}", "{\"<<\": 1, \"a\": {\"<<\": [2]}}");
    assert_reads("a: &n 5\nb: [*n, *n]", "{\"a\": 5, \"b\": [5, 5]}");
}

static void keeps_a_nul_within_a_string(void **state)
{
    (void)state;
    CLEANUP(value_cleanup) struct value *value = parse("\"a\\u0000b\"");
    assert_int_equal(value_text_len(value), 3);
    assert_true(is_json(value, "\"a\\u0000b\""));
}

static void reads_long_strings_and_many_keys(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text text = {0}, json = {0};
    text_add(&text, "{\"long\": \"");
    for (int i = 0; i < 5000; i++)
        text_add(&text, "x ");
    text_add(&text, "\"");
    for (int i = 0; i < 5000; i++)
        text_addf(&text, ", \"key%d\": %d", i, i);
    text_add(&text, "}");
    CLEANUP(value_cleanup) struct value *value = parse(text_get(&text));
    assert_int_equal(value_count(value), 5001);
    value_add_json(&json, value);
    assert_string_equal(text_get(&json), text_get(&text));
}

static void knows_where_values_and_keys_stand(void **state)
{
    (void)state;
    CLEANUP(value_cleanup) struct value *value = parse("{\"a\": 1,\n\t'b': \"x\", c: [2]}");
    assert_int_equal(value_place(value_get(value, "b")).line, 2);
    assert_int_equal(value_place(value_get(value, "b")).column, 7);
    assert_int_equal(value_key_place(value, 1).column, 2);
    assert_int_equal(value_place(value_item(value_get(value, "c"), 0)).column, 16);
}

static void tells_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct refusal refusals[] = {
        {"{\"a\": 1\n \"b\": 2}", "t.json:1:8: a comma is missing here; add a comma"},
        {"{\"a\": [1,\n 2 # c\n\n 3]}", "t.json:2:3: a comma is missing here; add a comma"},
        {"{\"a\": {\"b\": 1}\n \"c\": 2}", "t.json:1:15: a comma is missing here"},
        {"{\"a\": \"x\"\n \"c\": 2}", "t.json:1:10: a comma is missing here"},
        {"{'a': 'it\\'s'}", "within single quotes write ''"},
        {"{\"a\": 1", "t.json:1:1: this bracket is never closed; add '}'"},
        {"{\"a\":\n [1, # c\n", "t.json:2:2: this bracket is never closed; add ']}' at the end"},
        {"{\"a\" 1}", "t.json:1:6: a ':' is missing"},
        {"{a:1}", "t.json:1:2: a space is missing after ':'"},
        {"{\"a\": 1 // one\n}", "t.json:1:7: a comment begins with # here, not with // or /*; write #, or"},
        {"{\"a\": 1, // one\n \"b\": 2}", "t.json:1:10: a comment begins with #"},
        {"{/* one */ \"a\": 1}", "t.json:1:2: a comment begins with #"},
        {"{\"a\": [1 /* one */, 2]}", "t.json:1:8: a comment begins with #"},
        {"// one\n{\"a\": 1}", "t.json:1:1: a comment begins with #"},
        {"\xef\xbb\xbf// one\n// two\n\n{\"a\": 1,, \"b\": 2}", "t.json:1:1: a comment begins with #"},
        {"# one\n\n  // two\na: 1\n", "t.json:3:3: a comment begins with #"},
        {"/* one\n * two */\na: 1\n", "t.json:1:1: a comment begins with #"},
        {"a: 1\n// one\nb: 2\n", "t.json:2:1: a comment begins with #"},
        {"{\"a\": [1}", "does not close the one that is open"},
        {"{\"a\": 1}}", "closes nothing"},
        {"{\"a\": \"x}", "add the closing quote"},
        {"{\"a\": 1,, \"b\": 2}", "a comma too many"},
        {"a: 1\n\n b: 2\n", "t.json:3:2: this line is indented unlike its neighbours; indent all keys"},
        {"a: 1\n # c\n b: 2\n", "t.json:3:2: this line is indented unlike its neighbours; indent all keys"},
        {"a: 1\n\tb: 2\n", "t.json:2:2: a tab cannot indent YAML; use spaces"},
        {"a: 1\nb 2\nc: 3\n", "t.json:2:1: a ':' is missing"},
        {"{\"a\": \"\xff\"}", "t.json:1:8: this is not UTF-8; save the file as UTF-8"},
        {"\xff"
         "a: 1",
         "t.json:1:1: this is not UTF-8"},
        {"a: \xed\xa0\x80", "t.json:1:4: this is not UTF-8"},
        {"a: \xc3", "t.json:1:4: this is not UTF-8"},
        {"%foo \xff", "t.json:1:6: this is not UTF-8"}, /* on which libfyaml never returns */
        {"\xff\xfe{", "save it as UTF-8"},
        {"a: 'b''''c'\n", "t.json:1:4: two quotes in a row cannot be read within single quotes"},
        {"\xef\xbb\xbf{'''''a': 1}", "t.json:1:2: two quotes in a row"},
        {"a: \"b\\\\\n c\"", "t.json:1:4: backslashes at the end of a line cannot be read"},
        {"[\"b\\ \r\n c\"]", "t.json:1:2: backslashes at the end of a line"},
        {"", "t.json: is empty"},
        {"# nothing\n", "t.json: is empty"},
        {"a: 1\n---\nb: 1\n", "t.json:2:1: a second document"},
        {"{\"a\": 1, \"b\": 2,\n \"a\": 3}", "t.json:2:2: 'a' is given twice, first in line 1"},
        {"a: *b\n", "names no anchor"},
        {"a: &b [*b]\n", "names no anchor"},
        {"? [1]\n: 2\n", "a key must be a word"},
        {"a: &b x\n*b : 1\n", "an alias cannot be a key"},
        {"{\"a\\u0000\": 1}", "holds a NUL"},
        {"a: {<<: 5}\n", "<< takes an object"},
    };
    for (size_t i = 0; i < COUNT(refusals); i++) {
        struct error err = {0};
        CLEANUP(value_cleanup)
        struct value *value = config_parse("t.json", refusals[i].text, strlen(refusals[i].text), &err);
        if (value || !strstr(err.text, refusals[i].said))
            print_error("%s\n%s\ninstead of %s\n", refusals[i].text, err.text, refusals[i].said);
        assert_null(value);
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.text, refusals[i].said));
    }
}

static void stands_files_made_to_exhaust_it(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text deep = {0}, laughs = {0};
    for (int i = 0; i < 100000; i++)
        text_add_char(&deep, '[');
    text_add(&laughs, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++)
        text_addf(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1);
    struct error err;
    assert_null(config_parse("deep", deep.data, deep.len, &err));
    assert_non_null(strstr(err.text, "over 100 levels"));
    assert_null(config_parse("laughs", laughs.data, laughs.len, &err));
    assert_non_null(strstr(err.text, "over a million values"));
    assert_null(config_parse("nul", "{\0}", 3, &err));
    assert_non_null(strstr(err.text, "NUL"));
    assert_null(config_parse_file("/dev/zero", &err));
    assert_non_null(strstr(err.text, "/dev/zero is not a regular file"));
}

static void add_times(struct text *text, char c, int times)
{
    while (times-- > 0)
        text_add_char(text, c);
}

/* What it reads is written to config.json and read again, where no alias shortens it. */
static void an_alias_nests_as_deep_as_what_it_stands_for(void **state)
{
    (void)state;
    for (int levels = 49; levels <= 50; levels++) {
        CLEANUP(text_free) struct text yaml = {0}, json = {0};
        text_add(&yaml, "a: &a ");
        add_times(&yaml, '[', 50);
        add_times(&yaml, ']', 50);
        text_add(&yaml, "\nb: &b [*a]\nc: ");
        add_times(&yaml, '[', levels - 1);
        text_add(&yaml, "*b");
        add_times(&yaml, ']', levels - 1);
        struct error err;
        CLEANUP(value_cleanup) struct value *value = config_parse("yaml", yaml.data, yaml.len, &err);
        assert_int_equal(value != NULL, levels == 49);
        if (!value) {
            assert_string_equal(
                err.text, "yaml:3:53: arrays and objects are nested over 100 levels deep; flatten them");
            continue;
        }
        value_add_json(&json, value);
        CLEANUP(value_cleanup) struct value *again = config_parse("json", json.data, json.len, &err);
        assert_non_null(again);
    }
}

static void prints_nothing_itself(void **state)
{
    (void)state;
    FILE *printed = tmpfile();
    int kept = dup(STDERR_FILENO);
    assert_non_null(printed);
    dup2(fileno(printed), STDERR_FILENO);
    struct error err;
    struct value *value = config_parse("t.json", "a: |0\n b\n", 9, &err);
    dup2(kept, STDERR_FILENO);
    close(kept);
    assert_null(value);
    assert_int_equal(lseek(fileno(printed), 0, SEEK_END), 0);
    fclose(printed);
}

static void names_a_file_that_cannot_be_read(void **state)
{
    (void)state;
    struct error err;
    assert_null(config_parse_file("/nonexistent/a.json", &err));
    assert_string_equal(err.text,
                        "/nonexistent/a.json cannot be read: No such file or directory; check its path");
    assert_int_equal(err.kind, ERROR_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_json_as_people_write_it),
        cmocka_unit_test(reads_yaml),
        cmocka_unit_test(reads_strings_over_several_lines),
        cmocka_unit_test(reads_quotes_and_backslashes),
        cmocka_unit_test(resolves_aliases_and_merge_keys),
        cmocka_unit_test(keeps_a_nul_within_a_string),
        cmocka_unit_test(reads_long_strings_and_many_keys),
        cmocka_unit_test(knows_where_values_and_keys_stand),
        cmocka_unit_test(tells_what_is_wrong_and_where),
        cmocka_unit_test(stands_files_made_to_exhaust_it),
        cmocka_unit_test(an_alias_nests_as_deep_as_what_it_stands_for),
        cmocka_unit_test(prints_nothing_itself),
        cmocka_unit_test(names_a_file_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
