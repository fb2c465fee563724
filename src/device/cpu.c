/* The CPUs of this process: what it is bound to, and what its control group grants. */
#include <sched.h>

#include "device/device.h"
#include "device/quota.h"

/* The kernel refuses a set smaller than its own, so the set grows until it fits. */
static int count_affinity(void)
{
    for (int capacity = 1024; capacity <= 1024 * 1024; capacity *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)capacity);
        size_t size = CPU_ALLOC_SIZE((size_t)capacity);
        int count = set && sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
        CPU_FREE(set);
        if (count > 0)
            return count;
    }
    return 1;
}

/* A quota of 2.5 CPUs is two: a third attempt would be held up as much as it ran. */
int device_cpu_count(void)
{
    int count = count_affinity();
    double quota = device_cpu_quota("/proc/self/mountinfo", "/proc/self/cgroup");
    if (quota <= 0 || quota >= count)
        return count;
    return quota < 1 ? 1 : (int)quota;
}
