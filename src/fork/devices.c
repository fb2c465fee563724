/* set_visible_gpus by default. */
#include <stdlib.h>

#include "device/device.h"
#include "fork/fork.h"

bool fork_set_visible_gpus(struct furcate_fork *fork)
{
    struct device_variable variables[8];
    if (getenv("FURCATE_GPU")) /* the runner did it, and knows the vendor */
        return true;
    size_t count = device_environment("nvidia", fork->gpu_id, variables);
    for (size_t i = 0; i < count; i++)
        setenv(variables[i].name, variables[i].value, 1);
    return true;
}
