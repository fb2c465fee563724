/*
 * A libnvidia-ml.so.1 without a GPU, for the tests. The environment says what it shows:
 * FURCATE_STUB_GPUS  how many GPUs (default 2)
 * FURCATE_STUB_INIT  what nvmlInit_v2 returns (default 0, success)
 * FURCATE_STUB_LOST  the index of a GPU that has fallen off the bus
 * It keeps FURCATE_STUB_STATE: "open" after nvmlInit_v2, "closed" after nvmlShutdown.
 */
#include <stdio.h>
#include <stdlib.h>

static int setting(const char *name, int otherwise)
{
    const char *value = getenv(name);
    return value && *value ? atoi(value) : otherwise;
}

int nvmlInit_v2(void)
{
    int code = setting("FURCATE_STUB_INIT", 0);
    if (code == 0)
        setenv("FURCATE_STUB_STATE", "open", 1);
    return code;
}

int nvmlShutdown(void)
{
    setenv("FURCATE_STUB_STATE", "closed", 1);
    return 0;
}

const char *nvmlErrorString(int code)
{
    return code == 9    ? "Driver Not Loaded"
           : code == 15 ? "GPU is lost"
           : code == 18 ? "Driver/library version mismatch"
                        : "Unknown Error";
}

int nvmlSystemGetNVMLVersion(char *version, unsigned length)
{
    snprintf(version, length, "12.550.54.15");
    return 0;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = (unsigned)setting("FURCATE_STUB_GPUS", 2);
    return 0;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle)
{
    *handle = (void *)(unsigned long)(index + 1);
    return (int)index == setting("FURCATE_STUB_LOST", -1) ? 15 : 0;
}

static unsigned index_of(const void *handle)
{
    return (unsigned)(unsigned long)handle - 1;
}

/* GPU-00000000-…, GPU-11111111-…: each is told from the others by the first digit. */
int nvmlDeviceGetUUID(void *handle, char *uuid, unsigned length)
{
    snprintf(uuid, length, "GPU-%08x-1c2d-4e3f-8a9b-0c1d2e3f4a5b", index_of(handle) * 0x11111111u);
    return 0;
}

int nvmlDeviceGetName(void *handle, char *name, unsigned length)
{
    snprintf(name, length, "Stub GPU %u", index_of(handle));
    return 0;
}
