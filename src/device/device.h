/* GPUs of this machine, and the CPU slots that stand in for them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"
#include "config/value.h"

struct device {
    int index;       /* as the vendor's tools count, in PCI bus order */
    char uuid[80];   /* "GPU-…"; "" when unknown */
    char name[96];   /* "NVIDIA H200" */
    char vendor[16]; /* "nvidia" */
};

struct device_list {
    struct device *items;
    size_t count, capacity;
    char source[64];    /* what found them: "NVML 12.550", "nvidia-smi"; "" when nothing did */
    struct text notes;  /* why a source that was tried found none, a line each; for messages */
    struct text unseen; /* those of the notes that tell what CUDA_VISIBLE_DEVICES names and is not there */
    struct text faults; /* those of the notes that tell of a driver, tool or GPU which is there and fails */
};

/* All GPUs of the machine: NVML, else nvidia-smi. No GPU is no error. Free with device_list_free(). */
void device_find(struct device_list *list);
void device_list_free(struct device_list *list);

/* Keeps only the devices that `chosen` (an array of indices and UUIDs, or UUID beginnings) names, in its
 * order, each once; NULL keeps all. Returns false (ERROR_DEVICE), and keeps all, naming one that is not there
 * or that several UUIDs begin with. */
bool device_choose(struct device_list *list, const struct value *chosen, struct error *err);
/* The same by CUDA_VISIBLE_DEVICES of this process, when set: "0,2", "GPU-8f2e…", "" for none. As CUDA does,
 * what follows an unknown entry is not visible. */
void device_choose_visible(struct device_list *list);

/* CPUs this process may run on: those it is bound to, or fewer when its control group grants less time. */
int device_cpu_count(void);

/* One environment variable of an attempt; name and value owned by the list's holder. */
struct device_variable {
    const char *name;
    char value[96];
};
/* The variables that show an attempt the GPU `index` of `vendor` only; index -1 hides all GPUs of NVIDIA and
 * AMD. Writes at most 8, returns how many. */
size_t device_environment(const char *vendor, int index, struct device_variable variables[8]);
