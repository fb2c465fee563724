#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/device.h"

/* The variables as text, "NAME=value NAME=value ". */
static void assert_environment(const char *vendor, int index, const char *expected)
{
    struct device_variable variables[8];
    struct text text = {0};
    size_t count = device_environment(vendor, index, variables);
    for (size_t i = 0; i < count; i++)
        text_addf(&text, "%s=%s ", variables[i].name, variables[i].value);
    assert_string_equal(text_get(&text), expected);
    text_free(&text);
}

static void shows_one_gpu_of_each_vendor(void **state)
{
    (void)state;
    assert_environment("nvidia", 3, "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=3 ");
    assert_environment("amd", 1, "HIP_VISIBLE_DEVICES=1 ");
    assert_environment("intel", 0, "ZE_AFFINITY_MASK=0 ");
}

static void takes_an_unknown_vendor_for_nvidia(void **state)
{
    (void)state;
    assert_environment("", 2, "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=2 ");
    assert_environment(NULL, 2, "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES=2 ");
}

static void hides_all_gpus_from_a_cpu_slot(void **state)
{
    (void)state;
    assert_environment("", -1, "CUDA_DEVICE_ORDER=PCI_BUS_ID CUDA_VISIBLE_DEVICES= HIP_VISIBLE_DEVICES=-1 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shows_one_gpu_of_each_vendor),
        cmocka_unit_test(takes_an_unknown_vendor_for_nvidia),
        cmocka_unit_test(hides_all_gpus_from_a_cpu_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
