/* NVIDIA GPUs through the tool that comes with the driver, where NVML cannot be loaded into this process. */
#include "device/nvidia_smi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/utf8.h"
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

/* A driver that fails for one GPU says so among the lines of the others, and ends well. */
static void tell_of_other_line(struct device_list *list, const char *line, int nth)
{
    enum { most_told = 8, most_bytes = 120 };
    CLEANUP(memory_free)
    char *beginning =
        memory_copy_bytes(line, strlen(line) > most_bytes ? utf8_fit(line, most_bytes) : strlen(line));
    CLEANUP(text_free) struct text shown = {0};
    display_add_visible(&shown, beginning);
    if (nth >= most_told || strcmp(line, "No devices were found") == 0)
        device_list_note(list, "nvidia-smi: %s", text_get(&shown));
    else
        device_list_fault(list, "nvidia-smi printed '%s', which tells of no GPU that can be used",
                          text_get(&shown));
}

static void read_gpus(struct device_list *list, char *output)
{
    char *rest = output;
    int others = 0;
    for (char *line; (line = strsep(&rest, "\n"));) {
        struct device device;
        if (read_gpu(line, &device))
            device_list_add(list, &device);
        else if (line[0])
            tell_of_other_line(list, line, others++);
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
