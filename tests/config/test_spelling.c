/* Values in all their spellings: equality and hash go by what they are, and JSON keeps it. */
#include "random_value.h"

#include <regex.h>

enum { families = 1500, members = 12, spellings = 4 };

struct member {
    struct random_value written;
    struct value *value;
};

static struct value *parse(const struct text *text)
{
    struct error err;
    struct value *value = config_parse("value", text_get(text), text->len, &err);
    if (!value)
        print_error("%s\n%s\n", text_get(text), err.text);
    assert_non_null(value);
    return value;
}

/* The first few are one value in several spellings, the others near it: one draw is another. */
static void make_family(struct member *family, uint64_t *seed)
{
    uint64_t content_seed = random_below(seed, UINT64_MAX);
    for (size_t i = 0; i < members; i++) {
        struct random_value *written = &family[i].written;
        size_t drawn = family[0].written.content.drawn;
        *written =
            (struct random_value){.content = {.seed = content_seed, .change = SIZE_MAX}, .spelling = seed};
        if (i >= spellings) {
            written->content.change = random_below(seed, drawn < 4 ? drawn : i % 2 ? 4 : drawn);
            written->content.changed = random_below(seed, UINT64_MAX);
        }
        add_random(written, 0);
        family[i].value = parse(&written->text);
    }
}

static void free_family(struct member *family)
{
    for (size_t i = 0; i < members; i++) {
        random_value_free(&family[i].written);
        value_unref(family[i].value);
    }
}

static void for_each_family(void (*check)(const struct member *family))
{
    uint64_t seed = random_seed();
    for (int i = 0; i < families; i++) {
        struct member family[members] = {0};
        make_family(family, &seed);
        check(family);
        free_family(family);
    }
}

static bool are_equal(const struct member *a, const struct member *b)
{
    return strcmp(a->written.signature.data, b->written.signature.data) == 0;
}

static void check_pair(const struct member *a, const struct member *b)
{
    bool equal = value_equal(a->value, b->value), same_hash = value_hash(a->value) == value_hash(b->value);
    if (equal != are_equal(a, b) || same_hash != are_equal(a, b))
        print_error("%s\n%s\nequal: %d, same hash: %d\n", a->written.text.data, b->written.text.data, equal,
                    same_hash);
    assert_int_equal(equal, are_equal(a, b));
    assert_int_equal(same_hash, are_equal(a, b));
}

/* Over all pairs in both orders, so that it is seen to be reflexive, symmetric and transitive, too. */
static void check_pairs(const struct member *family)
{
    for (size_t i = 0; i < members; i++)
        for (size_t k = 0; k < members; k++)
            check_pair(&family[i], &family[k]);
}

static void equality_and_hash_go_by_what_a_value_is(void **state)
{
    (void)state;
    for_each_family(check_pairs);
}

static void check_variety(const struct member *family, size_t *equal, size_t *near)
{
    for (size_t i = 1; i < members; i++)
        *(are_equal(&family[0], &family[i]) ? equal : near) += 1;
}

static void families_have_equal_and_near_members(void **state)
{
    (void)state;
    size_t equal = 0, near = 0;
    uint64_t seed = random_seed();
    for (int i = 0; i < families; i++) {
        struct member family[members] = {0};
        make_family(family, &seed);
        check_variety(family, &equal, &near);
        free_family(family);
    }
    print_message("%zu equal, %zu near\n", equal, near);
    assert_true(equal > 3 * families && near > 3 * families);
}

static bool have_same_kinds(const struct value *a, const struct value *b)
{
    if (value_kind(a) != value_kind(b))
        return false;
    for (size_t i = 0; i < value_count(a); i++)
        if (!have_same_kinds(value_item(a, i), value_item(b, i)))
            return false;
    return true;
}

static void check_written(const struct value *value, void (*write)(struct text *, const struct value *))
{
    CLEANUP(text_free) struct text text = {0}, again = {0};
    write(&text, value);
    CLEANUP(value_cleanup) struct value *read = parse(&text);
    if (!value_equal(read, value) || !have_same_kinds(read, value))
        print_error("%s\n", text.data);
    assert_true(value_equal(read, value));
    assert_true(value_hash(read) == value_hash(value));
    assert_true(have_same_kinds(read, value));
    write(&again, read);
    assert_string_equal(again.data, text.data);
}

static void check_json(const struct member *family)
{
    for (size_t i = 0; i < members; i++) {
        check_written(family[i].value, value_add_json);
        check_written(family[i].value, value_add_json_lines);
    }
}

static void json_reads_back_as_an_equal_value_of_the_same_kinds(void **state)
{
    (void)state;
    for_each_family(check_json);
}

/* RFC 8259, section 6. */
static const char json_number[] = "^-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?$|^(NaN|-?Infinity)$";

static void check_numbers(const struct member *family)
{
    regex_t pattern;
    assert_int_equal(regcomp(&pattern, json_number, REG_EXTENDED | REG_NOSUB), 0);
    for (size_t i = 0; i < members; i++) {
        CLEANUP(text_free) struct text text = {0};
        value_add_json(&text, family[i].value);
        if (value_is_number(family[i].value) && regexec(&pattern, text.data, 0, NULL, 0) != 0)
            fail_msg("%s is written as %s", family[i].written.text.data, text.data);
    }
    regfree(&pattern);
}

static void numbers_are_written_as_json_or_python_has_them(void **state)
{
    (void)state;
    for_each_family(check_numbers);
}

static void check_text(const struct member *family)
{
    for (size_t i = 0; i < members; i++)
        if (value_is_number(family[i].value))
            assert_string_equal(value_text(family[i].value), family[i].written.text.data);
}

static void numbers_keep_their_text(void **state)
{
    (void)state;
    for_each_family(check_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_have_equal_and_near_members),
        cmocka_unit_test(equality_and_hash_go_by_what_a_value_is),
        cmocka_unit_test(json_reads_back_as_an_equal_value_of_the_same_kinds),
        cmocka_unit_test(numbers_are_written_as_json_or_python_has_them),
        cmocka_unit_test(numbers_keep_their_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
