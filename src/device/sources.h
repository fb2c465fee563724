/* What finds GPUs: one file a vendor's library or tool, and one row in the table of find.c. */
#pragma once
#include "device/device.h"

/*
 * Adds the devices a source knows and sets list->source, or adds one line to list->notes that says why there
 * are none. A library or tool that is not installed is the normal case. Nothing may stay open afterwards: the
 * process forks later, and must hold no GPU by then.
 */
typedef void device_source(struct device_list *list);

device_source device_find_nvml;
device_source device_find_nvidia_smi;

void device_list_add(struct device_list *list, const struct device *device);
/* Adds a line to list->notes. */
void device_list_note(struct device_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a line to list->notes and list->faults. */
void device_list_fault(struct device_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Adds a line to list->notes and list->unseen. */
void device_list_unseen(struct device_list *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
