#include "run/slot.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/display.h"
#include "base/memory.h"
#include "base/text.h"
#include "process/process.h"

/* --- the indices that a program's own get_available_gpu_indices returned --- */

__attribute__((format(printf, 3, 4))) static bool refuse_given(const struct runner_options *options,
                                                               struct error *err, const char *format, ...)
{
    enum { most_shown = 32 };
    CLEANUP(text_free) struct text shown = {0}, why = {0};
    va_list args;
    va_start(args, format);
    text_addv(&why, format, args);
    va_end(args);
    for (int i = 0; i < options->gpu_count && i < most_shown; i++)
        text_addf(&shown, "%s%d", i ? ", " : "", options->gpu_indices[i]);
    return error_set(err, ERROR_DEVICE, "get_available_gpu_indices returned [%s%s]: %s", text_get(&shown),
                     options->gpu_count > most_shown ? ", …" : "", text_get(&why));
}

/* Counts those that ask for a CPU slot. */
static int count_cpus(const struct runner_options *options)
{
    int count = 0;
    for (int i = 0; i < options->gpu_count; i++)
        count += options->gpu_indices[i] == -1;
    return count;
}

static bool check_given(const struct runner_options *options, const struct config *config, struct error *err)
{
    int cpus = count_cpus(options);
    for (int i = 0; i < options->gpu_count; i++)
        if (options->gpu_indices[i] < -1)
            return refuse_given(options, err, "%d is no GPU; write 0, 1, … for GPUs, or -1 for a CPU slot",
                                options->gpu_indices[i]);
    if (cpus > 0 && cpus < options->gpu_count)
        return refuse_given(options, err, "these are GPUs and CPU slots (-1), which do not go together");
    if (cpus > 0 && !config_meta(config)->allow_cpu)
        return refuse_given(options, err,
                            "these are CPU slots, which %s does not allow\n"
                            "To run on the CPU write \"meta\": {\"allow_cpu\": true} into the config",
                            config_path(config));
    return true;
}

static const struct device *find_device(const struct device_list *list, int index)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].index == index)
            return &list->items[i];
    return NULL;
}

/* Puts the devices of `kept` in the place of those of `list`. */
static void replace_devices(struct device_list *list, const struct device_list *kept)
{
    free(list->items);
    list->items = kept->items;
    list->count = kept->count;
    list->capacity = kept->capacity;
}

/* Takes the indices that were given, also where no vendor's library knows a GPU. */
static bool take_given(struct device_list *list, const struct runner_options *options, struct error *err)
{
    struct device_list kept = {0};
    for (int i = 0; i < options->gpu_count; i++) {
        int index = options->gpu_indices[i];
        const struct device *device = find_device(list, index);
        if (!device && list->count > 0) {
            vector_free(&kept);
            return refuse_given(options, err, "there is no GPU %d; this machine has %zu, counted from 0",
                                index, list->count);
        }
        const struct device unseen = {.index = index, .vendor = "nvidia"};
        vector_push(&kept, device ? *device : unseen);
    }
    replace_devices(list, &kept);
    return true;
}

/* --- the devices --- */

/* Keeps those that meta.gpus names, in its order, and each as often as it is in the list. */
static bool choose(struct device_list *list, const struct value *gpus, struct error *err)
{
    struct device_list distinct = {0}, kept = {0};
    for (size_t i = 0; i < list->count; i++)
        if (!find_device(&distinct, list->items[i].index))
            vector_push(&distinct, list->items[i]);
    bool ok = device_choose(&distinct, gpus, err);
    for (size_t i = 0; ok && i < distinct.count; i++)
        for (size_t j = 0; j < list->count; j++)
            if (list->items[j].index == distinct.items[i].index)
                vector_push(&kept, list->items[j]);
    if (ok)
        replace_devices(list, &kept);
    vector_free(&distinct);
    return ok;
}

static bool find_devices(struct device_list *list, const struct runner_options *options,
                         const struct config *config, struct error *err)
{
    if (options->gpu_count == 0)
        return true;
    device_find(list);
    if (options->gpu_count > 0 && !take_given(list, options, err))
        return false;
    if (options->gpu_count < 0)
        device_choose_visible(list);
    const struct value *gpus = config_meta(config)->gpus;
    return !gpus || list->count == 0 || choose(list, gpus, err);
}

static bool refuse_no_device(const struct slots *slots, const struct config *config, struct error *err)
{
    const char *notes = text_get(&slots->devices.notes); /* lines, or nothing */
    CLEANUP(text_free) struct text lines = {0};
    display_addf(&lines, "no GPU was found, and %s does not allow CPU slots%s\n", config_path(config),
                 *notes ? ":" : ".");
    text_add(&lines, notes);
    text_add(&lines, "To run on the CPU write \"meta\": {\"allow_cpu\": true} into the config");
    return error_set_lines(err, ERROR_DEVICE, text_get(&lines));
}

bool slots_open(struct slots *slots, const struct runner_options *options, const struct config *config,
                struct error *err)
{
    *slots = (struct slots){.cpus = (size_t)device_cpu_count(), .most = limits_slots()};
    if (!check_given(options, config, err))
        return false;
    slots->given = (size_t)count_cpus(options);
    if (!slots->given && !find_devices(&slots->devices, options, config, err))
        return false;
    if (slots->devices.count == 0 && !config_meta(config)->allow_cpu)
        return refuse_no_device(slots, config, err);
    slots_resize(slots, config_meta(config));
    return true;
}

size_t slots_most(const struct slots *slots)
{
    return slots->devices.count ? slots->devices.count : slots->given;
}

static size_t wanted(const struct slots *slots, const struct config_meta *meta)
{
    size_t most = slots_most(slots), there = most ? most : slots->cpus;
    size_t asked = meta->max_threads > 0 ? (size_t)meta->max_threads : there;
    return most && asked > most ? most : asked;
}

static struct slot *make_slot(const struct slots *slots, size_t i)
{
    struct slot *slot = memory_new(1, sizeof *slot);
    slot->gpu_id = -1;
    slot->index = (int)i;
    snprintf(slot->name, sizeof slot->name, "CPU %zu", i);
    if (slots->devices.count) {
        slot->gpu_id = slots->devices.items[i].index;
        snprintf(slot->vendor, sizeof slot->vendor, "%s", slots->devices.items[i].vendor);
        snprintf(slot->name, sizeof slot->name, "GPU %d", slot->gpu_id);
    }
    return slot;
}

size_t slots_resize(struct slots *slots, const struct config_meta *meta)
{
    size_t asked = wanted(slots, meta), count = asked < slots->most ? asked : slots->most;
    slots->denied = asked - count;
    for (size_t i = slots->all.count; i < count; i++) {
        struct slot *slot = make_slot(slots, i);
        vector_push(&slots->all, slot);
    }
    for (size_t i = 0; i < slots->all.count; i++)
        slots->all.items[i]->retired = i >= count;
    return count;
}

void slots_close(struct slots *slots)
{
    for (size_t i = 0; i < slots->all.count; i++)
        free(slots->all.items[i]);
    vector_free(&slots->all);
    device_list_free(&slots->devices);
}

size_t slots_in_use(const struct slots *slots)
{
    size_t count = 0;
    for (size_t i = 0; i < slots->all.count; i++)
        count += !slots->all.items[i]->retired;
    return count;
}

static bool is_first_of_its_place(const struct slots *slots, size_t i)
{
    for (size_t before = 0; before < i; before++)
        if (slots->all.items[before]->gpu_id == slots->all.items[i]->gpu_id)
            return false;
    return true;
}

/* Counts by the first slot of each place, which is in use when the place is: slots are retired from the last
 * on. */
size_t slots_places(const struct slots *slots)
{
    size_t count = 0;
    for (size_t i = 0; i < slots->all.count; i++)
        count += !slots->all.items[i]->retired && is_first_of_its_place(slots, i);
    return count;
}

int slots_threads(const struct slots *slots)
{
    size_t in_use = slots_in_use(slots);
    return in_use && slots->cpus > in_use ? (int)(slots->cpus / in_use) : 1;
}

/* Cut off, so that 100 is said of a slot only that was never idle. */
static double percent(int64_t busy_ns, int64_t idle_ns)
{
    double share = (double)busy_ns / ((double)busy_ns + (double)idle_ns);
    return floor(10000 * share) / 100;
}

static char *describe_together(const struct slots *slots)
{
    int64_t busy_ns = 0, idle_ns = 0;
    size_t used = 0;
    for (size_t i = 0; i < slots->all.count; i++) {
        busy_ns += slots->all.items[i]->busy_ns;
        idle_ns += slots->all.items[i]->idle_ns;
        used += slots->all.items[i]->attempts > 0;
    }
    return text_format("%zu CPU slot%s busy %.2f %%", used, used == 1 ? "" : "s", percent(busy_ns, idle_ns));
}

/* Adds the use of a place, that is of all its slots. */
static void add_place(const struct slots *slots, const struct slot *first, bool is_aside, struct text *out)
{
    int64_t busy_ns = 0, idle_ns = 0;
    size_t attempts = 0;
    for (size_t i = 0; i < slots->all.count; i++) {
        const struct slot *slot = slots->all.items[i];
        bool counts = slot->gpu_id == first->gpu_id;
        busy_ns += counts ? slot->busy_ns : 0;
        idle_ns += counts ? slot->idle_ns : 0;
        attempts += counts ? slot->attempts : 0;
    }
    if (is_aside)
        text_addf(out, "%s%s set aside", out->len ? ", " : "", first->name);
    else if (attempts > 0)
        text_addf(out, "%s%s busy %.2f %%", out->len ? ", " : "", first->name, percent(busy_ns, idle_ns));
}

static char *describe_each(const struct slots *slots, bool (*is_aside)(const void *context, int gpu_id),
                           const void *context)
{
    struct text out = {0};
    for (size_t i = 0; i < slots->all.count; i++)
        if (is_first_of_its_place(slots, i))
            add_place(slots, slots->all.items[i], is_aside(context, slots->all.items[i]->gpu_id), &out);
    return text_take(&out);
}

char *slots_describe_use(const struct slots *slots, bool (*is_aside)(const void *context, int gpu_id),
                         const void *context)
{
    bool known = false;
    for (size_t i = 0; i < slots->all.count; i++)
        known |= slots->all.items[i]->attempts > 1;
    if (!known)
        return memory_copy_text("");
    return slots->devices.count ? describe_each(slots, is_aside, context) : describe_together(slots);
}
