/* Words for a shell: what /bin/sh makes of them is the word again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/shell.h"

static void leaves_plain_words_as_they_are(void **state)
{
    (void)state;
    static const char *const words[] = {"python3", "--lr=0.1", "a/b:c,d", "user@host", "50%"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        CLEANUP(text_free) struct text out = {0};
        shell_add_word(&out, words[i]);
        assert_string_equal(text_get(&out), words[i]);
    }
}

static void gives_the_shell_the_word_back(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",      "two words", "it's", "'",  "{*}",   "[0.1, 0.3]", "$HOME", "a\nb",       "~",      "a\\nb",
        "\"x\"", "-e;ls",     "=ls",  "%1", "Größe", "#",          "!!",    "{\"a\": 1}", "`true`", "*?"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char said[64] = "";
        CLEANUP(text_free) struct text command = {0};
        text_add(&command, "printf %s ");
        shell_add_word(&command, words[i]);
        text_add(&command, "; printf .");
        FILE *shell = popen(text_get(&command), "r");
        assert_non_null(shell);
        said[fread(said, 1, sizeof said - 1, shell)] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_int_equal(said[strlen(said) - 1], '.');
        said[strlen(said) - 1] = '\0';
        assert_string_equal(said, words[i]);
    }
}

static void shows_control_characters(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text out = {0};
    shell_add_word(&out, "a\x1b[31m'\\");
    assert_string_equal(text_get(&out), "$'a\\x1b[31m\\'\\\\'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_plain_words_as_they_are),
        cmocka_unit_test(gives_the_shell_the_word_back),
        cmocka_unit_test(shows_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
