#include "plan_fixture.h"

/* Both ways to make a label, which must agree. */
static void add_label(const struct fixture *fixture, uint64_t rank, struct text *out)
{
    CLEANUP(value_cleanup) struct value *permutation = plan_permutation(fixture->plan, rank);
    plan_add_label(fixture->plan, permutation, out);

    CLEANUP(text_free) struct text again = {0};
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan_axis_count(fixture->plan), sizeof *choice);
    struct labels *labels = labels_create(fixture->plan);
    plan_unrank(fixture->plan, rank, choice);
    text_add(&again, "x");
    labels_add(labels, choice, &again);
    labels_destroy(labels);
    assert_string_equal(text_get(&again) + 1, text_get(out));
}

static void check_labels(const char *config, uint64_t rank, const char *label)
{
    struct fixture fixture = fixture_open(config);
    assert_non_null(fixture.plan);
    CLEANUP(text_free) struct text out = {0};
    add_label(&fixture, rank, &out);
    assert_string_equal(text_get(&out), label);
    fixture_close(&fixture);
}

static void labels_runs_as_the_spec_does(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        uint64_t rank;
        const char *label;
    } cases[] = {
        {"{'data_dir': 'foo/', 'batch_size': [32, 64]}", 1, "foo_bs64"},
        {"{'data_dir': '/data/mnist/v1.0//', 'learning_rate': [0.0001, 1e-3]}", 0, "v1-0_lr0-0001"},
        {"{'data_dir': '/data/mnist/v1.0//', 'learning_rate': [0.0001, 1e-3]}", 1, "v1-0_lr1e-3"},
        {"{'data_dir': 'foo', 'batch_size': [32], 'cache': [true, false]}", 0, "foo_ctrue"},
        {"{'data_dir': ['a/x', 'b/y'], 'batch_size': [32, 64]}", 2, "y_bs32"},
        {"{'data_dir': 'foo', 'layers': [[64, 64], [128]]}", 0, "foo_l64-64"},
        {"{'data_dir': 'foo', 'opt': [{'name': 'sgd', 'nested': [1, {'m': 0.9}]}, null]}", 0,
         "foo_osgd-1-0-9"},
        {"{'data_dir': 'foo', 'opt': [{'name': 'sgd'}, null]}", 1, "foo_onull"},
        {"{'data_dir': 'foo', 'x': [-1, .5]}", 0, "foo_x-1"},
        {"{'data_dir': 'foo', 'x': [-1, .5]}", 1, "foo_x0-5"},
        {"{'batch_size': [32, 64]}", 1, "bs64"},
        {"{'data_dir': '..', 'batch_size': [32, 64]}", 1, "bs64"},
        {"{'data_dir': 'foo'}", 0, "foo"},
        {"{'epochs': 5}", 0, ""},
        {"{'data_dir': 'foo', 'größe_öl': [1, 2]}", 0, "foo_gö1"},
        {"{'data_dir': 'foo', '_x__y_': [1, 2]}", 0, "foo_xy1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_labels(cases[i].config, cases[i].rank, cases[i].label);
}

static void keeps_paths_portable(void **state)
{
    (void)state;
    static const struct {
        const char *part, *path;
    } cases[] = {
        {"plain_Name-1+2=3,a@b%c~d^e", "plain_Name-1+2=3,a@b%c~d^e"},
        {"a b", "a-b"},
        {"a / $(rm) b", "a-rm-b"},
        {"a--b", "a--b"},
        {"-a-", "-a-"},
        {"..", ""},
        {" x ", "x"},
        {"", ""},
        {"größe", "größe"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"a\xff\xfe"
         "b",
         "a-b"},
        {"a\xc3", "a"},
        {"a\xed\xa0\x80z", "a-z"},
        {"a\xc0\xafz", "a-z"},
        {"a\xf4\x90\x80\x80z", "a-z"},
        {"a\nb\tc", "a-b-c"},
        {"it's \"quoted\" `x` \\", "it-s-quoted-x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(text_free) struct text out = {0};
        plan_add_path_part(&out, cases[i].part, strlen(cases[i].part));
        assert_string_equal(text_get(&out), cases[i].path);
    }
}

static void begins_afresh_after_what_is_there(void **state)
{
    (void)state;
    CLEANUP(text_free) struct text out = {0};
    text_add(&out, "x");
    plan_add_path_part(&out, ".a\0b", 4);
    assert_string_equal(text_get(&out), "xa-b");
}

/* Labels of an axis of two long values that differ in their last byte. */
static void add_long_label(struct text *out, uint64_t rank, size_t pad)
{
    CLEANUP(text_free) struct text config = {0};
    for (int last = 1; last <= 2; last++) {
        text_add(&config, last == 1 ? "{'data_dir': 'foo', 'x': ['" : "', '");
        for (size_t i = 0; i < pad; i++)
            text_add_char(&config, 'a');
        for (int i = 0; i < 100; i++)
            text_add(&config, "é");
        text_addf(&config, "%d", last);
    }
    text_add(&config, "']}");
    struct fixture fixture = fixture_open(config.data);
    add_label(&fixture, rank, out);
    fixture_close(&fixture);
}

static void cuts_long_labels_between_characters_and_tells_them_apart(void **state)
{
    (void)state;
    for (size_t pad = 0; pad < 2; pad++) {
        CLEANUP(text_free) struct text one = {0}, two = {0};
        add_long_label(&one, 0, pad);
        add_long_label(&two, 1, pad);
        assert_in_range(one.len, 159, 160);
        assert_string_not_equal(one.data, two.data);
        assert_memory_equal(one.data, two.data, one.len - 8);
        assert_int_equal(one.data[one.len - 9], '-');
        assert_int_equal(strspn(one.data + one.len - 8, "0123456789abcdef"), 8);
        assert_memory_equal(one.data + one.len - 11, "é", 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_runs_as_the_spec_does),
        cmocka_unit_test(keeps_paths_portable),
        cmocka_unit_test(begins_afresh_after_what_is_there),
        cmocka_unit_test(cuts_long_labels_between_characters_and_tells_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
