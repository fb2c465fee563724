#include "fixture.h"

#include "base/hash.h"

static struct value *parse(const char *text)
{
    struct error err;
    return config_parse("value", text, strlen(text), &err);
}

static void assert_same(const char *a_text, const char *b_text, bool same)
{
    CLEANUP(value_cleanup) struct value *a = parse(a_text), *b = parse(b_text);
    if (value_equal(a, b) != same)
        print_error("%s and %s are %s\n", a_text, b_text, same ? "unequal" : "equal");
    assert_int_equal(value_equal(a, b), same);
    assert_int_equal(value_equal(b, a), same);
    assert_int_equal(value_hash(a) == value_hash(b), same);
}

static void takes_numbers_by_their_exact_value(void **state)
{
    (void)state;
    assert_same("1e-3", "0.001", true);
    assert_same("1", "1.0", true);
    assert_same("0", "-0.0", true);
    assert_same("0e99", "0", true);
    assert_same(".nan", "NaN", true);
    assert_same(".inf", "Infinity", true);
    assert_same("-.inf", "Infinity", false);
    assert_same("1e400", "1e401", false);
    assert_same("9007199254740993", "9007199254740992", false);
    assert_same("0.1000000000000000000001", "0.1", false);
    assert_same("123456789012345678901234567890", "1.2345678901234567890123456789e29", true);
    assert_same("12", "1.2", false);
    assert_same("1", "-1", false);
    assert_same("100", "1e2", true);
    assert_same("1.23456789012345678012", "1.2345678901234567812", false);
}

static void keeps_kinds_apart(void **state)
{
    (void)state;
    assert_same("1", "true", false);
    assert_same("1", "\"1\"", false);
    assert_same("null", "\"null\"", false);
    assert_same("null", "false", false);
    assert_same("True", "true", true);
    assert_same("[]", "{}", false);
    assert_same("0.5", "\"0.5\"", false);
}

static void compares_arrays_by_element_and_objects_by_key(void **state)
{
    (void)state;
    assert_same("[1, 2]", "[1.0, 2e0]", true);
    assert_same("[1, 2]", "[2, 1]", false);
    assert_same("[1]", "[1, 1]", false);
    assert_same("[[1], 2]", "[1, [2]]", false);
    assert_same("{a: 1, b: [x]}", "{b: ['x'], a: 1.0}", true);
    assert_same("{a: 1}", "{a: 2}", false);
    assert_same("{a: 1}", "{b: 1}", false);
    assert_same("{a: 1, b: 2}", "{a: 2, b: 1}", false);
}

/* digits · 10^exponent, spelled with `point` of its digits before the point and `zeros` around. */
static void spell(struct text *out, const char *digits, int exponent, int point, int zeros)
{
    int len = (int)strlen(digits);
    for (int i = 0; i < zeros; i++)
        text_add_char(out, '0');
    text_add_bytes(out, digits, (size_t)point);
    text_add_char(out, '.');
    text_add(out, digits + point);
    for (int i = 0; i < zeros; i++)
        text_add_char(out, '0');
    text_addf(out, zeros % 2 ? "E%+03d" : "e%d", exponent + len - point);
}

static void agrees_with_the_hash_over_all_spellings(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int round = 0; round < 300; round++) {
        seed = hash_number(seed, (uint64_t)round);
        CLEANUP(memory_free) char *digits = text_format("%llu", (unsigned long long)(seed >> (round % 60)));
        int exponent = (int)(seed % 41) - 20, len = (int)strlen(digits);
        CLEANUP(memory_free) char *first_text = text_format("%se%d", digits, exponent);
        CLEANUP(memory_free) char *other_text = text_format("%s1e%d", digits, exponent);
        CLEANUP(value_cleanup) struct value *first = value_new_plain(first_text, strlen(first_text));
        CLEANUP(value_cleanup) struct value *other = value_new_plain(other_text, strlen(other_text));
        assert_false(value_equal(first, other));
        for (int point = 0; point <= len; point++) {
            CLEANUP(text_free) struct text text = {0};
            spell(&text, digits, exponent, point, round % 4);
            CLEANUP(value_cleanup) struct value *value = value_new_plain(text.data, text.len);
            if (!value_equal(first, value))
                print_error("%s is not %s\n", first_text, text.data);
            assert_true(value_equal(first, value));
            assert_true(value_hash(first) == value_hash(value));
            assert_false(value_equal(other, value));
        }
    }
}

static void holds_its_value_through_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{a: [.5, +1, 007, 5., -.inf, 1e-7], \"b\\u00e9\": \"x\\ty\", c: ~, d: {}}",
        "[[64, 64], [128], {a: True}]", "\"\\ud83d\\ude00\"", "123456789012345678901"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        CLEANUP(value_cleanup) struct value *value = parse(texts[i]);
        CLEANUP(text_free) struct text flat = {0}, lines = {0};
        value_add_json(&flat, value);
        value_add_json_lines(&lines, value);
        CLEANUP(value_cleanup) struct value *again = parse(text_get(&flat));
        CLEANUP(value_cleanup) struct value *from_lines = parse(text_get(&lines));
        assert_true(value_equal(value, again));
        assert_true(value_equal(value, from_lines));
        assert_true(value_hash(value) == value_hash(again));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_numbers_by_their_exact_value),
        cmocka_unit_test(keeps_kinds_apart),
        cmocka_unit_test(compares_arrays_by_element_and_objects_by_key),
        cmocka_unit_test(agrees_with_the_hash_over_all_spellings),
        cmocka_unit_test(holds_its_value_through_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
