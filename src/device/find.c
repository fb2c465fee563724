/* The sources of GPUs, in the order of trust. */
#include <stdarg.h>

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
    *list = (struct device_list){0};
}

void device_list_add(struct device_list *list, const struct device *device)
{
    vector_push(list, *device);
}

void device_list_note(struct device_list *list, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_addv(&list->notes, format, args);
    va_end(args);
    text_add_char(&list->notes, '\n');
}
