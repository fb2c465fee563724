/* The sources of GPUs, in the order of trust. */
#include <stdarg.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/vector.h"
#include "device/sources.h"

static device_source *const sources[] = {device_find_nvml, device_find_nvidia_smi};

void device_find(struct device_list *list)
{
    *list = (struct device_list){0};
    for (size_t i = 0; i < sizeof sources / sizeof *sources && list->count == 0; i++)
        sources[i](list);
}

void device_list_free(struct device_list *list)
{
    vector_free(list);
    text_free(&list->notes);
    text_free(&list->unseen);
    text_free(&list->faults);
    *list = (struct device_list){0};
}

void device_list_add(struct device_list *list, const struct device *device)
{
    vector_push(list, *device);
}

/* Adds a line to both texts; `other` may be NULL. */
static void add_line(struct text *notes, struct text *other, const char *format, va_list args)
{
    CLEANUP(text_free) struct text line = {0};
    display_addv(&line, format, args);
    text_addf(notes, "%s\n", text_get(&line));
    if (other)
        text_addf(other, "%s\n", text_get(&line));
}

void device_list_note(struct device_list *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_line(&list->notes, NULL, format, args);
    va_end(args);
}

void device_list_fault(struct device_list *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_line(&list->notes, &list->faults, format, args);
    va_end(args);
}

void device_list_unseen(struct device_list *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_line(&list->notes, &list->unseen, format, args);
    va_end(args);
}
