/* LD_LIBRARY_PATH leads to the stub library (stub_nvml.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "device/device.h"

static int reset(void **state)
{
    (void)state;
    setenv("PATH", "/nonexistent", 1); /* no nvidia-smi to fall back to */
    unsetenv("FURCATE_STUB_GPUS");
    unsetenv("FURCATE_STUB_INIT");
    unsetenv("FURCATE_STUB_LOST");
    unsetenv("FURCATE_STUB_STATE");
    return 0;
}

static void finds_every_gpu_with_its_name_and_uuid(void **state)
{
    (void)state;
    struct device_list list;
    setenv("FURCATE_STUB_GPUS", "3", 1);
    device_find(&list);
    assert_int_equal(list.count, 3);
    assert_int_equal(list.items[1].index, 1);
    assert_string_equal(list.items[1].uuid, "GPU-11111111-1c2d-4e3f-8a9b-0c1d2e3f4a5b");
    assert_string_equal(list.items[1].name, "Stub GPU 1");
    assert_string_equal(list.items[1].vendor, "nvidia");
    assert_string_equal(list.source, "NVML 12.550.54.15");
    assert_string_equal(text_get(&list.notes), "");
    device_list_free(&list);
}

static void leaves_the_library_closed(void **state)
{
    (void)state;
    struct device_list list;
    device_find(&list);
    device_list_free(&list);
    assert_string_equal(getenv("FURCATE_STUB_STATE"), "closed");
    assert_null(dlopen("libnvidia-ml.so.1", RTLD_NOLOAD | RTLD_NOW));
}

static void notes_why_the_library_did_not_start(void **state)
{
    (void)state;
    struct device_list list;
    setenv("FURCATE_STUB_INIT", "9", 1);
    device_find(&list);
    assert_int_equal(list.count, 0);
    assert_string_equal(list.source, "");
    assert_non_null(strstr(text_get(&list.notes), "NVML: Driver Not Loaded\n"));
    assert_string_equal(text_get(&list.faults), "NVML: Driver Not Loaded\n");
    assert_null(getenv("FURCATE_STUB_STATE"));
    device_list_free(&list);
}

static void leaves_out_a_gpu_that_is_lost(void **state)
{
    (void)state;
    struct device_list list;
    setenv("FURCATE_STUB_LOST", "0", 1);
    device_find(&list);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].index, 1);
    assert_string_equal(text_get(&list.notes), "NVML: GPU 0 cannot be used: GPU is lost\n");
    assert_string_equal(text_get(&list.faults), text_get(&list.notes));
    device_list_free(&list);
}

static void notes_that_there_is_no_gpu(void **state)
{
    (void)state;
    struct device_list list;
    setenv("FURCATE_STUB_GPUS", "0", 1);
    device_find(&list);
    assert_int_equal(list.count, 0);
    assert_string_equal(list.source, "");
    assert_non_null(strstr(text_get(&list.notes), "has no NVIDIA GPU\n"));
    device_list_free(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_every_gpu_with_its_name_and_uuid, reset),
        cmocka_unit_test_setup(leaves_the_library_closed, reset),
        cmocka_unit_test_setup(notes_why_the_library_did_not_start, reset),
        cmocka_unit_test_setup(leaves_out_a_gpu_that_is_lost, reset),
        cmocka_unit_test_setup(notes_that_there_is_no_gpu, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
