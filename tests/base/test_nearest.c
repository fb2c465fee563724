#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/nearest.h"

static const char *const words[] = {"batch_size", "learning_rate", "epochs", "seed", "max_threads"};

static const char *nearest(const char *word)
{
    return nearest_word(word, words, sizeof words / sizeof *words);
}

static void finds_what_was_meant(void **state)
{
    (void)state;
    assert_string_equal(nearest("batch_sise"), "batch_size");
    assert_string_equal(nearest("learning_rates"), "learning_rate");
    assert_string_equal(nearest("BATCH_SIZE"), "batch_size");
    assert_string_equal(nearest("epcohs"), "epochs");
    assert_string_equal(nearest("sede"), "seed");
    static const char *const shorts[] = {"ls"};
    assert_string_equal(nearest_word("sl", shorts, 1), "ls"); /* a transposition counts once */
    assert_string_equal(nearest("max-threads"), "max_threads");
}

static void finds_nothing_for_other_words(void **state)
{
    (void)state;
    assert_null(nearest("optimizer_name"));
    assert_null(nearest("lr"));
    assert_null(nearest(""));
    assert_null(nearest("xyzzy"));
}

static void stands_words_of_any_length(void **state)
{
    (void)state;
    char word[1001];
    memset(word, 'e', 1000);
    word[1000] = '\0';
    assert_null(nearest(word));
    assert_null(nearest_word("epochs", words, 0));
}

static void tells_typos_from_other_words(void **state)
{
    (void)state;
    assert_true(nearest_is_typo("batch_sise", "batch_size"));
    assert_true(nearest_is_typo("batchsizes", "batch_size"));
    assert_true(nearest_is_typo("sede", "seed"));
    assert_false(nearest_is_typo("step_size", "batch_size"));
    assert_false(nearest_is_typo("need_", "seed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_was_meant),
        cmocka_unit_test(finds_nothing_for_other_words),
        cmocka_unit_test(tells_typos_from_other_words),
        cmocka_unit_test(stands_words_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
