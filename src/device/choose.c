/* Which of the GPUs to use: meta.gpus, and CUDA_VISIBLE_DEVICES. */
#include <stdlib.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/vector.h"
#include "device/sources.h"

enum match { MATCH_NONE, MATCH_ONE, MATCH_SEVERAL };

static bool is_index(const char *entry)
{
    return *entry && entry[strspn(entry, "0123456789")] == '\0';
}

/* An entry is an index or the beginning of a UUID. Of UUIDs that begin alike none is meant. */
static enum match find_device(const struct device_list *list, const char *entry, const struct device **found)
{
    bool by_index = is_index(entry);
    long index = by_index ? strtol(entry, NULL, 10) : -1;
    int matches = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct device *device = &list->items[i];
        bool same =
            by_index ? device->index == index : *entry && strncmp(device->uuid, entry, strlen(entry)) == 0;
        if (same)
            *found = device;
        matches += same;
    }
    return matches == 0 ? MATCH_NONE : matches == 1 ? MATCH_ONE : MATCH_SEVERAL;
}

/* A device named twice is one device: it must not become two slots. */
static void keep(struct device_list *kept, const struct device *device)
{
    for (size_t i = 0; i < kept->count; i++)
        if (kept->items[i].index == device->index)
            return;
    device_list_add(kept, device);
}

/* The devices of `kept` take the place of those of `list`. */
static void replace_devices(struct device_list *list, const struct device_list *kept)
{
    free(list->items);
    list->items = kept->items;
    list->count = kept->count;
    list->capacity = kept->capacity;
}

static bool refuse(const struct device_list *list, const char *entry, enum match match, struct error *err)
{
    if (match == MATCH_SEVERAL)
        return error_set(err, ERROR_DEVICE, "meta.gpus: several GPUs begin with '%s'; give more of the UUID",
                         entry);
    if (list->count == 0)
        return error_set(err, ERROR_DEVICE, "meta.gpus: there is no GPU '%s': this machine shows none",
                         entry);
    CLEANUP(text_free) struct text there = {0};
    for (size_t i = 0; i < list->count && there.len < 1000; i++)
        text_addf(&there, "%s%d (%s)", i ? ", " : "", list->items[i].index, list->items[i].uuid);
    return error_set(err, ERROR_DEVICE, "meta.gpus: there is no GPU '%s'; there are %s", entry,
                     text_get(&there));
}

bool device_choose(struct device_list *list, const struct value *chosen, struct error *err)
{
    struct device_list kept = {0};
    if (!chosen)
        return true;
    for (size_t i = 0; i < value_count(chosen); i++) {
        const struct device *device = NULL;
        const char *entry = value_text(value_item(chosen, i));
        enum match match = find_device(list, entry, &device);
        if (match != MATCH_ONE) {
            vector_free(&kept);
            return refuse(list, entry, match, err);
        }
        keep(&kept, device);
    }
    replace_devices(list, &kept);
    return true;
}

static char *trim(char *entry)
{
    entry += strspn(entry, " \t");
    entry[strcspn(entry, " \t")] = '\0';
    return entry;
}

/* Returns whether the entry is one by which people hide all GPUs: "", "-1", "NoDevFiles". */
static bool hides(const char *entry)
{
    return !*entry || strcmp(entry, "-1") == 0 || strcmp(entry, "NoDevFiles") == 0;
}

static void tell_of_unseen(struct device_list *list, const char *visible, const char *entry, enum match match,
                           size_t there)
{
    CLEANUP(text_free) struct text shown = {0}, why = {0};
    display_add_visible(&shown, visible);
    if (match == MATCH_SEVERAL)
        text_addf(&why, "several GPUs begin with '%s'", entry);
    else if (there == 0)
        text_add(&why, "no GPU was found on this machine");
    else {
        text_add(&why, "there is no GPU '");
        display_add_visible(&why, entry);
        text_addf(&why, "' among the %zu of this machine", there);
    }
    device_list_unseen(list, "CUDA_VISIBLE_DEVICES is '%s', but %s%s", text_get(&shown), text_get(&why),
                       strchr(visible, ',') ? ", and as in CUDA only what comes before it is used" : "");
}

void device_choose_visible(struct device_list *list)
{
    const char *visible = getenv("CUDA_VISIBLE_DEVICES");
    if (!visible)
        return;
    size_t before = list->count;
    struct device_list kept = {0};
    CLEANUP(memory_free) char *copy = memory_copy_text(visible);
    char *rest = copy;
    for (char *entry; (entry = strsep(&rest, ","));) {
        const struct device *device = NULL;
        enum match match = find_device(list, entry = trim(entry), &device);
        if (match != MATCH_ONE) {
            if (!hides(entry))
                tell_of_unseen(list, visible, entry, match, before);
            break;
        }
        keep(&kept, device);
    }
    replace_devices(list, &kept);
    if (before > 0 && list->count == 0)
        device_list_note(list, "CUDA_VISIBLE_DEVICES='%s' hides all GPUs (there are %zu)", visible, before);
}
