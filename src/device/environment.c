/* How an attempt is shown its GPU and no other. */
#include <stdio.h>
#include <string.h>

#include "device/device.h"

/*
 * What hides all GPUs differs: CUDA takes an empty value for none, ROCm takes it for "not set", so -1, which
 * is no device, goes there. Level Zero also takes an empty mask for all, and knows no mask for none, so
 * nothing is set for it.
 */
static const struct variable {
    const char *vendor, *name;
    const char *none; /* the value that hides all GPUs; NULL: there is none */
} variables_of_vendors[] = {
    {"nvidia", "CUDA_VISIBLE_DEVICES", ""},
    {"amd", "HIP_VISIBLE_DEVICES", "-1"},
    {"intel", "ZE_AFFINITY_MASK", NULL},
};

enum { vendor_count = sizeof variables_of_vendors / sizeof *variables_of_vendors };

static void set(struct device_variable *variable, const char *name, const char *value)
{
    variable->name = name;
    snprintf(variable->value, sizeof variable->value, "%s", value);
}

static size_t hide_all(struct device_variable variables[8])
{
    size_t count = 0;
    for (size_t i = 0; i < vendor_count; i++)
        if (variables_of_vendors[i].none)
            set(&variables[count++], variables_of_vendors[i].name, variables_of_vendors[i].none);
    return count;
}

/* A vendor that is not in the table is taken for NVIDIA: indices given by hand come without one. */
static size_t find_vendor(const char *vendor)
{
    for (size_t i = 0; vendor && i < vendor_count; i++)
        if (strcmp(variables_of_vendors[i].vendor, vendor) == 0)
            return i;
    return 0;
}

size_t device_environment(const char *vendor, int index, struct device_variable variables[8])
{
    size_t count = 0, of = find_vendor(vendor);
    if (of == 0)
        set(&variables[count++], "CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    if (index < 0)
        return count + hide_all(variables + count);
    char number[16];
    snprintf(number, sizeof number, "%d", index);
    set(&variables[count++], variables_of_vendors[of].name, number);
    return count;
}
