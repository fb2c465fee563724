/* NVIDIA GPUs through the tool that comes with the driver, where NVML cannot be loaded into this process. */
#include "device/nvidia_smi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "device/command.h"
#include "device/sources.h"

/* Without the persistence daemon the driver starts for each question, which takes seconds. */
enum { patience_ms = 10000, most_index = 4096 };

/* The text up to the next comma or the end, without the spaces around it; moves *rest behind it. */
static void take_field(const char **rest, char *out, size_t size)
{
    const char *start = *rest + strspn(*rest, " \t");
    size_t len = strcspn(start, ",");
    *rest = start + len + (start[len] == ',');
    while (len > 0 && strchr(" \t\r", start[len - 1]))
        len--;
    snprintf(out, size, "%.*s", (int)len, start);
}

/* Reads "0, GPU-8f2e…, NVIDIA H200"; false when the line is none such. */
static bool read_gpu(const char *line, struct device *device)
{
    char index[16];
    char *end;
    *device = (struct device){.vendor = "nvidia"};
    take_field(&line, index, sizeof index);
    take_field(&line, device->uuid, sizeof device->uuid);
    take_field(&line, device->name, sizeof device->name);
    long number = strtol(index, &end, 10);
    device->index = (int)number;
    return index[0] && *end == '\0' && number >= 0 && number <= most_index &&
           strncmp(device->uuid, "GPU-", 4) == 0 && device->name[0];
}

static void read_gpus(struct device_list *list, char *output)
{
    char *rest = output;
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct device device;
        if (read_gpu(line, &device))
            device_list_add(list, &device);
        else if (line[0])
            device_list_note(list, "nvidia-smi: not understood: '%.80s'", line);
    }
}

void device_ask_nvidia_smi(struct device_list *list, int limit_ms)
{
    char *argv[] = {"nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader", NULL};
    CLEANUP(text_free) struct text output = {0};
    struct error err;
    if (!device_command(argv, limit_ms, &output, &err)) {
        if (err.number == ENOENT)
            device_list_note(list, "nvidia-smi: %s", err.text);
        else
            device_list_fault(list, "%s", err.text);
        return;
    }
    if (output.len > 0)
        read_gpus(list, output.data);
    if (list->count > 0)
        snprintf(list->source, sizeof list->source, "nvidia-smi");
    else
        device_list_note(list, "nvidia-smi: it lists no GPU");
}

void device_find_nvidia_smi(struct device_list *list)
{
    device_ask_nvidia_smi(list, patience_ms);
}
