#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/text_list.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void grows_as_it_is_added_to(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text text = {0};
    assert_string_equal(text_get(&text), "");
    for (int i = 0; i < 10000; i++)
        text_addf(&text, "%d,", i % 10);
    assert_int_equal(text.len, 20000);
    assert_int_equal(strlen(text_get(&text)), 20000);
    assert_memory_equal(text.data + 19990, "5,6,7,8,9,", 10);
    text_clear(&text);
    assert_string_equal(text_get(&text), "");
}

static void keeps_bytes_that_are_nul(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text text = {0};
    text_add_bytes(&text, "a\0b", 3);
    text_add_char(&text, '\0');
    assert_int_equal(text.len, 4);
    assert_memory_equal(text.data, "a\0b\0", 5);
}

static void hands_over_its_content(void **state)
{
    (void)state;
    struct text text = {0};
    text_add(&text, "mine");
    CLEANUP(memory_free) char *content = text_take(&text);
    CLEANUP(memory_free) char *nothing = text_take(&text);
    assert_string_equal(content, "mine");
    assert_string_equal(nothing, "");
    assert_null(text.data);
}

static void formats_into_fresh_memory(void **state)
{
    (void)state;
    CLEANUP(memory_free) char *text = text_format("%s-%d-%5.2f", "run", 7, 1.5);
    assert_string_equal(text, "run-7- 1.50");
}

static void writes_strings_as_json(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        const char *json;
    } cases[] = {
        {"plain", 5, "\"plain\""},
        {"\"\\\n\t\r\b\f", 7, "\"\\\"\\\\\\n\\t\\r\\b\\f\""},
        {"\x01\x7f\0", 3, "\"\\u0001\\u007f\\u0000\""},
        {"\xc3\xa9\xf0\x9f\x98\x80", 6, "\"\xc3\xa9\xf0\x9f\x98\x80\""},
        {"\xff", 1, "\"\\ufffd\""},                                  /* no UTF-8 at all */
        {"a\xc3", 2, "\"a\\ufffd\""},                                /* cut short */
        {"\xc0\xaf", 2, "\"\\ufffd\\ufffd\""},                       /* overlong */
        {"\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""},            /* a surrogate */
        {"\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* beyond U+10FFFF */
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(text_free) struct text text = {0};
        text_add_json_string(&text, cases[i].bytes, cases[i].len);
        assert_string_equal(text_get(&text), cases[i].json);
    }
}

static void writes_numbers_short(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1, "1.0"},
                 {-2.5, "-2.5"},
                 {1e300, "1e+300"},
                 {1e-7, "1e-07"},
                 {0.1 + 0.2, "0.30000000000000004"},
                 {0, "0.0"},
                 {HUGE_VAL, "Infinity"},
                 {-HUGE_VAL, "-Infinity"}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(text_free) struct text text = {0};
        text_add_number(&text, cases[i].number);
        assert_string_equal(text_get(&text), cases[i].text);
    }
}

static void writes_numbers_that_read_back(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t bits = hash_number(1, i);
        double number, again;
        memcpy(&number, &bits, sizeof number);
        if (isnan(number) || isinf(number))
            continue;
        CLEANUP(text_free) struct text text = {0};
        text_add_number(&text, number);
        again = strtod(text_get(&text), NULL);
        assert_memory_equal(&number, &again, sizeof number);
    }
}

/* What printf needs to write a number that reads back. */
static void shortest(double number, char out[40])
{
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(out, 40, "%.*g", precision, number);
        if (strtod(out, NULL) == number)
            break;
    }
    if (!strpbrk(out, ".e"))
        strcat(out, ".0");
}

static void writes_millionths_as_short_as_printf(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 60000; i++) {
        char expected[40];
        CLEANUP(text_free) struct text text = {0};
        double number = (double)(hash_number(2, i) >> (10 + i % 50)) / 1e6;
        number = i % 3 == 0 ? nextafter(number, HUGE_VAL) : i % 3 == 1 ? -number : number;
        shortest(number, expected);
        text_add_number(&text, number);
        assert_string_equal(text_get(&text), expected);
    }
}

static void keeps_a_list_of_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "one", "", "two", "three"};
    struct text_list list = {0};
    for (size_t i = 0; i < COUNT(texts); i++) {
        text_add(&list.bytes, texts[i]);
        text_list_end(&list);
    }
    for (size_t i = 0; i < COUNT(texts); i++) {
        CLEANUP(text_free) struct text text = {0};
        text_list_add_to(&list, i, &text);
        assert_string_equal(text_get(&text), texts[i]);
    }
    assert_int_equal(list.ends.count, COUNT(texts));
    text_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_as_it_is_added_to),
        cmocka_unit_test(keeps_bytes_that_are_nul),
        cmocka_unit_test(hands_over_its_content),
        cmocka_unit_test(formats_into_fresh_memory),
        cmocka_unit_test(writes_strings_as_json),
        cmocka_unit_test(writes_numbers_short),
        cmocka_unit_test(writes_numbers_that_read_back),
        cmocka_unit_test(writes_millionths_as_short_as_printf),
        cmocka_unit_test(keeps_a_list_of_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
