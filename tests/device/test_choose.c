/* LD_LIBRARY_PATH leads to the stub library (stub_nvml.c): UUIDs are GPU-00000000-…, GPU-11111111-… */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "device/device.h"

static int find_three(void **state)
{
    setenv("FURCATE_STUB_GPUS", "3", 1);
    struct device_list *list = memory_new(1, sizeof *list);
    device_find(list);
    *state = list;
    return list->count == 3 ? 0 : -1;
}

static int forget(void **state)
{
    device_list_free(*state);
    free(*state);
    return 0;
}

/* The indices of a list as text, "1,0,". */
static void assert_indices(const struct device_list *list, const char *expected)
{
    struct text indices = {0};
    for (size_t i = 0; i < list->count; i++)
        text_addf(&indices, "%d,", list->items[i].index);
    assert_string_equal(text_get(&indices), expected);
    text_free(&indices);
}

static const struct visible_case {
    const char *visible, *expected;
    bool unseen;
} cases[] = {
    {"", "", false},           {"1", "1,", false},
    {"1,0", "1,0,", false},    {" 1, 0 ", "1,0,", false},
    {"GPU-2", "2,", false},    {"GPU-11111111-1c2d-4e3f-8a9b-0c1d2e3f4a5b,0", "1,0,", false},
    {"GPU-", "", true},        {"7", "", true},
    {"0,7,1", "0,", true},     {"0,,1", "0,", false},
    {"2,2,1", "2,1,", false},  {"-1", "", false},
    {"NoDevFiles", "", false}, {"MIG-11111111", "", true},
    {"1x", "", true},          {"0,1,2", "0,1,2,", false},
};

static void sees_what_cuda_would_see(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct device_list list;
        device_find(&list);
        setenv("CUDA_VISIBLE_DEVICES", cases[i].visible, 1);
        device_choose_visible(&list);
        assert_indices(&list, cases[i].expected);
        assert_int_equal(list.count == 0, strstr(text_get(&list.notes), "CUDA_VISIBLE_DEVICES='") != NULL);
        assert_int_equal(cases[i].unseen, list.unseen.len > 0);
        device_list_free(&list);
    }
}

static void sees_all_when_nothing_hides_them(void **state)
{
    unsetenv("CUDA_VISIBLE_DEVICES");
    device_choose_visible(*state);
    assert_indices(*state, "0,1,2,");
}

static void chooses_by_index_and_uuid_in_the_order_given(void **state)
{
    struct error err;
    struct value *chosen = value_new_array();
    value_array_add(chosen, value_new_string("GPU-2", 5));
    value_array_add(chosen, value_new_int(0));
    value_array_add(chosen, value_new_string("2", 1));
    assert_true(device_choose(*state, chosen, &err));
    assert_indices(*state, "2,0,");
    value_unref(chosen);
}

static void refuses(struct device_list *list, struct value *unknown, const char *expected)
{
    struct error err = {0};
    struct value *chosen = value_new_array();
    value_array_add(chosen, value_new_int(1));
    value_array_add(chosen, unknown);
    assert_false(device_choose(list, chosen, &err));
    assert_int_equal(err.kind, ERROR_DEVICE);
    assert_non_null(strstr(err.text, expected));
    assert_indices(list, "0,1,2,");
    value_unref(chosen);
}

static void refuses_one_that_is_not_there_and_shows_those_that_are(void **state)
{
    refuses(*state, value_new_int(7), "no GPU '7'; there are 0 (GPU-00000000-");
    refuses(*state, value_new_int(-1), "no GPU '-1'");
    refuses(*state, value_new_string("", 0), "no GPU ''");
}

static void refuses_a_beginning_that_several_uuids_have(void **state)
{
    refuses(*state, value_new_string("GPU-", 4), "several GPUs begin with 'GPU-'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sees_what_cuda_would_see, find_three, forget),
        cmocka_unit_test_setup_teardown(sees_all_when_nothing_hides_them, find_three, forget),
        cmocka_unit_test_setup_teardown(chooses_by_index_and_uuid_in_the_order_given, find_three, forget),
        cmocka_unit_test_setup_teardown(refuses_one_that_is_not_there_and_shows_those_that_are, find_three,
                                        forget),
        cmocka_unit_test_setup_teardown(refuses_a_beginning_that_several_uuids_have, find_three, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
