/* The room that text takes on a terminal, and what is left of it where there is less. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"

static void counts_columns_and_not_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t width;
    } cases[] = {{"", 0},  {"abc", 3},      {"Größe", 5}, {"学習率", 6},
                 {"ｱ", 1}, {"e\u0301x", 2}, {"a\xff", 2}, {"\U0001f600", 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(display_width(cases[i].text, strlen(cases[i].text)), cases[i].width);
}

static void counts_the_same_in_every_locale_and_leaves_it(void **state)
{
    (void)state;
    setlocale(LC_ALL, "C");
    locale_t before = uselocale((locale_t)0);
    assert_int_equal(display_width("学習率", strlen("学習率")), 6);
    assert_ptr_equal(uselocale((locale_t)0), before);
    assert_string_equal(setlocale(LC_ALL, NULL), "C");
}

static void fits_whole_characters(void **state)
{
    (void)state;
    assert_int_equal(display_fit("Größe", strlen("Größe"), 3), 4);
    assert_int_equal(display_fit("学習率", strlen("学習率"), 3), 3);
    assert_int_equal(display_fit("学習率", strlen("学習率"), 4), 6);
    assert_int_equal(display_fit("e\u0301x", strlen("e\u0301x"), 1), 3);
    assert_int_equal(display_fit("abc", 3, 9), 3);
    assert_int_equal(display_fit("abc", 3, 0), 0);
}

static void shortens_in_the_middle_and_cuts_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t columns;
        const char *shortened;
    } cases[] = {
        {"abcdefgh", 8, "abcdefgh"},
        {"abcdefghi", 8, "abcd…ghi"},
        {"学習率学習率", 7, "学…率"},
        {"[512, 256, 128]", 9, "[512…128]"},
        {"[512, 256, 128]", 8, "[512…]"},
        {"run20201201x", 8, "run…x"},
        {"0.1, 1e-05, 0.25", 9, "0.1,…0.25"},
        {"abcdefe\u0301", 5, "ab…fe\u0301"},
        {"123456", 3, "…"},
        {"abc", 1, "…"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(text_free) struct text out = {0};
        display_add_shortened(&out, cases[i].text, cases[i].columns);
        assert_string_equal(text_get(&out), cases[i].shortened);
    }
}

static void never_takes_more_than_it_is_given(void **state)
{
    (void)state;
    static const char *const texts[] = {"a学b習c率d", "1234, 5678, 9", "e\u0301e\u0301e\u0301e\u0301",
                                        "\xff\xfe 12"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t columns = 1; columns < 16; columns++) {
            CLEANUP(text_free) struct text out = {0};
            display_add_shortened(&out, texts[i], columns);
            assert_true(display_width(text_get(&out), out.len) <= columns);
        }
}

static void shows_what_a_terminal_would_obey(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text out = {0};
    display_add_visible(&out, "Größe\x1b[31m\n\xff\xc2\x85率");
    assert_string_equal(text_get(&out), "Größe\\x1b[31m\\x0a\\xff\\x85率");
    text_clear(&out);
    display_add_visible(&out, "a\u202eb\u200b\ufeffc\u2066\u00ad می\u200cشود é");
    assert_string_equal(text_get(&out), "a\\u202eb\\u200b\\ufeffc\\u2066\\u00ad می\u200cشود é");
}

static void shows_the_lines_of_a_text_and_nothing_else_that_acts(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text out = {0};
    display_add_visible_lines(&out, "a\tb\nc\rd\x7f\U000e0041");
    assert_string_equal(text_get(&out), "a\tb\nc\\x0dd\\x7f\\U000e0041");
    CLEANUP(text_free) struct text again = {0};
    display_add_visible_lines(&again, text_get(&out));
    assert_string_equal(text_get(&again), text_get(&out));
}

/* As printf() does, which what is not hidden is held against. */
static void formats_as_printf_does(void **state)
{
    (void)state;
#define CHECK(...)                                                                                           \
    do {                                                                                                     \
        CLEANUP(text_free) struct text ours = {0}, theirs = {0};                                             \
        display_addf(&ours, __VA_ARGS__);                                                                    \
        text_addf(&theirs, __VA_ARGS__);                                                                     \
        assert_string_equal(text_get(&ours), text_get(&theirs));                                             \
    } while (0)
    CHECK("%d %i %5d|%-5d|%05d|%+d", -1, 2, 3, 4, 5, 6);
    CHECK("%u %x %#x %o %08X", 1U, 0xabcU, 0xabcU, 8U, 0xffffffffU);
    CHECK("%ld %lld %zd %jd", LONG_MIN, LLONG_MIN, (ssize_t)-1, (intmax_t)-1);
    CHECK("%lu %llu %zu %ju", ULONG_MAX, ULLONG_MAX, SIZE_MAX, UINTMAX_MAX);
    CHECK("%g %.2f %10.3e %a %*.*f", 0.1, 1e300, 12345.678, 1.0, 9, 2, 3.14159);
    CHECK("%s|%6s|%-6s|%.2s|%.*s|%c|%%|", "text", "abc", "abc", "abc", 3, "abcdef", 'c');
    CHECK("no conversion");
    CHECK("%s", "");
}

static void formats_hidden_characters_by_their_numbers(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text out = {0};
    display_addf(&out, "\n%s %c %.3s|%d\t%.2s", "a\nb\033c", '\a', "a\033bc", 7, "a\u00e9");
    assert_string_equal(text_get(&out), "\na\\x0ab\\x1bc \\x07 a\\x1bb|7\ta");
}

static void escapes_what_json_leaves_as_it_is(void **state)
{
    (void)state;
    static const char json[] = "{\"a\xc2\x9b\": \"\u202e \U000e0041 \u00e9\"}\n";
    CLEANUP(text_free) struct text out = {0};
    display_add_json(&out, json, strlen(json));
    assert_string_equal(text_get(&out), "{\"a\\u009b\": \"\\u202e \\udb40\\udc41 \u00e9\"}\n");
}

static void drops_colours_and_nothing_else(void **state)
{
    (void)state;
    char line[] = "\033[1;31mE\033[0m\033[2J \033[m\033[38:5:1mx\033[";
    display_drop_colours(line);
    assert_string_equal(line, "E\033[2J x\033[");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_columns_and_not_bytes),
        cmocka_unit_test(counts_the_same_in_every_locale_and_leaves_it),
        cmocka_unit_test(fits_whole_characters),
        cmocka_unit_test(shortens_in_the_middle_and_cuts_no_number),
        cmocka_unit_test(never_takes_more_than_it_is_given),
        cmocka_unit_test(shows_what_a_terminal_would_obey),
        cmocka_unit_test(shows_the_lines_of_a_text_and_nothing_else_that_acts),
        cmocka_unit_test(formats_as_printf_does),
        cmocka_unit_test(formats_hidden_characters_by_their_numbers),
        cmocka_unit_test(escapes_what_json_leaves_as_it_is),
        cmocka_unit_test(drops_colours_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
