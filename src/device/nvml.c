/* NVIDIA GPUs through NVML, the library behind nvidia-smi. It makes no CUDA context, so it takes no GPU
 * memory. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "device/sources.h"

static const char library_name[] = "libnvidia-ml.so.1";

/* The part of nvml.h that is used here; nvmlReturn_t is 0 for success. */
struct nvml {
    int (*init)(void);
    int (*shutdown)(void);
    const char *(*error_string)(int code);
    int (*version)(char *version, unsigned length);
    int (*count)(unsigned *count);
    int (*handle)(unsigned index, void **handle);
    int (*uuid)(void *handle, char *uuid, unsigned length);
    int (*name)(void *handle, char *name, unsigned length);
};

static const struct symbol {
    const char *name;
    size_t offset;
} symbols[] = {
    {"nvmlInit_v2", offsetof(struct nvml, init)},
    {"nvmlShutdown", offsetof(struct nvml, shutdown)},
    {"nvmlErrorString", offsetof(struct nvml, error_string)},
    {"nvmlSystemGetNVMLVersion", offsetof(struct nvml, version)},
    {"nvmlDeviceGetCount_v2", offsetof(struct nvml, count)},
    {"nvmlDeviceGetHandleByIndex_v2", offsetof(struct nvml, handle)},
    {"nvmlDeviceGetUUID", offsetof(struct nvml, uuid)},
    {"nvmlDeviceGetName", offsetof(struct nvml, name)},
};

/* The name of a symbol that the library lacks; NULL when it has all. */
static const char *load_symbols(void *library, struct nvml *nvml)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *address = dlsym(library, symbols[i].name);
        if (!address)
            return symbols[i].name;
        /* POSIX lets an object pointer from dlsym() stand for a function; ISO C has no cast for it. */
        memcpy((char *)nvml + symbols[i].offset, &address, sizeof address);
    }
    return NULL;
}

static void add_gpu(struct device_list *list, const struct nvml *nvml, unsigned index)
{
    struct device device = {.index = (int)index, .vendor = "nvidia"};
    void *handle = NULL;
    int code = nvml->handle(index, &handle);
    if (code != 0) {
        device_list_fault(list, "NVML: GPU %u cannot be used: %s", index, nvml->error_string(code));
        return;
    }
    if (nvml->uuid(handle, device.uuid, sizeof device.uuid) != 0)
        device.uuid[0] = '\0';
    if (nvml->name(handle, device.name, sizeof device.name) != 0)
        snprintf(device.name, sizeof device.name, "NVIDIA GPU");
    device_list_add(list, &device);
}

/* NVML counts in PCI bus order, as CUDA does under CUDA_DEVICE_ORDER=PCI_BUS_ID. */
static void add_gpus(struct device_list *list, const struct nvml *nvml)
{
    unsigned count = 0;
    int code = nvml->count(&count);
    if (code != 0) {
        device_list_fault(list, "NVML: cannot count GPUs: %s", nvml->error_string(code));
        return;
    }
    if (count == 0)
        device_list_note(list, "NVML: this machine has no NVIDIA GPU");
    for (unsigned i = 0; i < count; i++)
        add_gpu(list, nvml, i);

    char version[48] = "";
    if (nvml->version(version, sizeof version) != 0)
        version[0] = '\0';
    if (list->count > 0)
        snprintf(list->source, sizeof list->source, "NVML%s%s", version[0] ? " " : "", version);
}

static void ask(struct device_list *list, void *library)
{
    struct nvml nvml = {0};
    const char *missing = load_symbols(library, &nvml);
    if (missing) {
        device_list_fault(list, "NVML: %s has no %s; the driver is too old", library_name, missing);
        return;
    }
    int code = nvml.init();
    if (code != 0) {
        device_list_fault(list, "NVML: %s", nvml.error_string(code));
        return;
    }
    add_gpus(list, &nvml);
    nvml.shutdown();
}

void device_find_nvml(struct device_list *list)
{
    void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        device_list_note(list, "NVML: %s", dlerror());
        return;
    }
    ask(list, library);
    dlclose(library);
}
