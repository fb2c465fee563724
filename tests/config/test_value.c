#include "fixture.h"

#include <math.h>

static struct value *plain(const char *text)
{
    return value_new_plain(text, strlen(text));
}

static void tells_plain_scalars_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum value_kind kind;
    } cases[] = {
        {"null", VALUE_NULL},
        {"None", VALUE_NULL},
        {"~", VALUE_NULL},
        {"", VALUE_NULL},
        {"true", VALUE_BOOL},
        {"FALSE", VALUE_BOOL},
        {"True", VALUE_BOOL},
        {"tRue", VALUE_STRING},
        {"0", VALUE_INT},
        {"-12", VALUE_INT},
        {"+7", VALUE_INT},
        {"007", VALUE_INT},
        {"1e3", VALUE_FLOAT},
        {".5", VALUE_FLOAT},
        {"5.", VALUE_FLOAT},
        {"-1.5E+07", VALUE_FLOAT},
        {".inf", VALUE_FLOAT},
        {"-.INF", VALUE_FLOAT},
        {".nan", VALUE_FLOAT},
        {"NaN", VALUE_FLOAT},
        {"-.nan", VALUE_STRING},
        {"Infinity", VALUE_FLOAT},
        {"-Infinity", VALUE_FLOAT},
        {".", VALUE_STRING},
        {"+", VALUE_STRING},
        {"-", VALUE_STRING},
        {"1e", VALUE_STRING},
        {"1e+", VALUE_STRING},
        {"1_000", VALUE_STRING},
        {"0x1f", VALUE_STRING},
        {"1.2.3", VALUE_STRING},
        {"1 2", VALUE_STRING},
        {"e5", VALUE_STRING},
        {"foo", VALUE_STRING},
        {"1e9999999999999999999", VALUE_STRING},
        {"123456789012345678901234567890", VALUE_INT},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(value_cleanup) struct value *value = plain(cases[i].text);
        if (value_kind(value) != cases[i].kind)
            print_error("'%s' is %s\n", cases[i].text, value_kind_name(value_kind(value)));
        assert_int_equal(value_kind(value), cases[i].kind);
    }
}

static void keeps_the_text_of_numbers(void **state)
{
    (void)state;
    static const char *const texts[] = {"0.0001", "1e-3", "1.50", "123456789012345678901234567890"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        CLEANUP(value_cleanup) struct value *value = plain(texts[i]);
        assert_string_equal(value_text(value), texts[i]);
        assert_true(is_json(value, texts[i]));
    }
}

static void mends_numbers_that_json_cannot_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } cases[] = {{".5", "0.5"},        {"-.5", "-0.5"},        {"+1", "1"},     {"5.", "5.0"},
                 {"5.e3", "5.0e3"},    {"007", "7"},           {"-00", "-0"},   {"+.5e+03", "0.5e+03"},
                 {".inf", "Infinity"}, {"-.inf", "-Infinity"}, {".nan", "NaN"}, {"1_000", "\"1_000\""}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(value_cleanup) struct value *value = plain(cases[i].text);
        assert_true(is_json(value, cases[i].json));
    }
}

static void gives_integers_only_where_they_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_int;
        int64_t number;
    } cases[] = {{"32", true, 32},
                 {"32.0", true, 32},
                 {"1e3", true, 1000},
                 {"-0.0", true, 0},
                 {"120e-1", true, 12},
                 {"9223372036854775807", true, INT64_MAX},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"9223372036854775808", false, 0},
                 {"-9223372036854775809", false, 0},
                 {"1e300", false, 0},
                 {"0.5", false, 0},
                 {"1e-3", false, 0},
                 {"12.5", false, 0},
                 {".inf", false, 0},
                 {"true", false, 0}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(value_cleanup) struct value *value = plain(cases[i].text);
        int64_t number = 0;
        assert_int_equal(value_int(value, &number), cases[i].is_int);
        assert_int_equal(number, cases[i].number);
    }
}

static void gives_floats(void **state)
{
    (void)state;
    CLEANUP(value_cleanup)
    struct value *small = plain("1e-3"), *word = plain("word"), *minus = plain("-.inf");
    CLEANUP(value_cleanup) struct value *made = value_new_float(0.1), *one = value_new_float(1);
    assert_true(value_float(small) == 0.001);
    assert_true(isnan(value_float(word)));
    assert_true(isinf(value_float(minus)) && value_float(minus) < 0);
    assert_string_equal(value_text(made), "0.1");
    assert_string_equal(value_text(one), "1.0");
}

static void keeps_keys_in_order_and_each_once(void **state)
{
    (void)state;
    CLEANUP(value_cleanup) struct value *object = value_new_object();
    value_object_set(object, "b", value_new_int(1));
    value_object_set(object, "a", value_new_int(2));
    value_object_set(object, "b", value_new_int(3));
    assert_true(is_json(object, "{\"b\": 3, \"a\": 2}"));
    assert_null(value_get(object, "c"));
}

static void finds_keys_of_large_objects(void **state)
{
    (void)state;
    CLEANUP(value_cleanup) struct value *object = value_new_object();
    for (int i = 0; i < 1000; i++) {
        CLEANUP(memory_free) char *key = text_format("key%d", i);
        value_object_set(object, key, value_new_int(i));
        assert_int_equal(value_count(object), i + 1);
    }
    for (int i = 0; i < 1000; i++) {
        CLEANUP(memory_free) char *key = text_format("key%d", i);
        int64_t number;
        assert_true(value_int(value_get(object, key), &number));
        assert_int_equal(number, i);
    }
    assert_null(value_get(object, "key1000"));
}

static void writes_indented_json_with_plain_arrays_on_one_line(void **state)
{
    (void)state;
    struct error err;
    static const char text[] = "{a: [1, 2], b: {}, c: {d: [[1], [2]]}, e: []}";
    CLEANUP(value_cleanup) struct value *value = config_parse("x", text, sizeof text - 1, &err);
    CLEANUP(text_free) struct text out = {0};
    value_add_json_lines(&out, value);
    assert_string_equal(text_get(&out),
                        "{\n  \"a\": [1, 2],\n  \"b\": {},\n  \"c\": {\n    \"d\": [\n      [1],\n"
                        "      [2]\n    ]\n  },\n  \"e\": []\n}");
}

static void shows_the_beginning_of_a_long_value(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 3; pad++) {
        CLEANUP(text_free) struct text long_text = {0}, shown = {0};
        for (size_t i = 0; i < 94 + pad; i++)
            text_add_char(&long_text, 'a');
        text_add(&long_text, "ééééé");
        CLEANUP(value_cleanup) struct value *value = value_new_string(long_text.data, long_text.len);
        text_add(&shown, "of ");
        value_add_json_short(&shown, value);
        assert_in_range(shown.len, 3 + 99 + 3, 3 + 100 + 3);
        assert_string_equal(shown.data + shown.len - 3, "…");
        assert_memory_equal(shown.data + shown.len - 5, "é", 2);
    }
    CLEANUP(value_cleanup) struct value *few = value_new_string("abc", 3);
    CLEANUP(text_free) struct text shown = {0};
    value_add_json_short(&shown, few);
    assert_string_equal(shown.data, "\"abc\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_plain_scalars_apart),
        cmocka_unit_test(keeps_the_text_of_numbers),
        cmocka_unit_test(mends_numbers_that_json_cannot_hold),
        cmocka_unit_test(gives_integers_only_where_they_are_exact),
        cmocka_unit_test(gives_floats),
        cmocka_unit_test(keeps_keys_in_order_and_each_once),
        cmocka_unit_test(finds_keys_of_large_objects),
        cmocka_unit_test(writes_indented_json_with_plain_arrays_on_one_line),
        cmocka_unit_test(shows_the_beginning_of_a_long_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
