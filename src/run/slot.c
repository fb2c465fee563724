#include "run/slot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "process/process.h"

static bool take_given(struct device_list *list, const struct runner_options *options, struct error *err)
{
    if (options->gpu_count < 0)
        return true;
    struct value *chosen = value_new_array();
    for (int i = 0; i < options->gpu_count; i++)
        value_array_add(chosen, value_new_int(options->gpu_indices[i]));
    bool ok = device_choose(list, chosen, err);
    value_unref(chosen);
    return ok;
}

/* Indices that a program's own get_available_gpu_indices knows hold also where no vendor library does. */
static void take_unseen(struct device_list *list, const struct runner_options *options)
{
    for (int i = 0; i < options->gpu_count; i++) {
        struct device device = {.index = options->gpu_indices[i]};
        snprintf(device.vendor, sizeof device.vendor, "nvidia");
        vector_push(list, device);
    }
}

static bool find_devices(struct device_list *list, const struct runner_options *options,
                         const struct config *config, struct error *err)
{
    if (options->gpu_count == 0)
        return true;
    device_find(list);
    if (list->count == 0)
        take_unseen(list, options);
    else if (!take_given(list, options, err))
        return false;
    if (options->gpu_count < 0)
        device_choose_visible(list);
    const struct value *gpus = config_meta(config)->gpus;
    return !gpus || list->count == 0 || device_choose(list, gpus, err);
}

static bool refuse_no_device(const struct slots *slots, const struct config *config, struct error *err)
{
    const char *notes = text_get(&slots->devices.notes); /* lines, or nothing */
    return error_set(err, ERROR_DEVICE,
                     "no GPU was found, and %s does not allow CPU slots%s\n%s"
                     "To run on the CPU write \"meta\": {\"allow_cpu\": true} into the config",
                     config_path(config), *notes ? ":" : ".", notes);
}

bool slots_open(struct slots *slots, const struct runner_options *options, const struct config *config,
                struct error *err)
{
    *slots = (struct slots){.cpus = (size_t)device_cpu_count(), .most = limits_slots()};
    if (!find_devices(&slots->devices, options, config, err))
        return false;
    if (slots->devices.count == 0 && !config_meta(config)->allow_cpu)
        return refuse_no_device(slots, config, err);
    slots_resize(slots, config_meta(config));
    return true;
}

static size_t wanted(const struct slots *slots, const struct config_meta *meta)
{
    size_t there = slots->devices.count ? slots->devices.count : slots->cpus;
    size_t asked = meta->max_threads > 0 ? (size_t)meta->max_threads : there;
    return slots->devices.count && asked > there ? there : asked;
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

/* Slots are retired from the last on, so that a place in use has its first slot in use. */
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

static char *describe_each(const struct slots *slots)
{
    struct text out = {0};
    for (size_t i = 0; i < slots->all.count; i++) {
        const struct slot *slot = slots->all.items[i];
        if (slot->attempts > 0)
            text_addf(&out, "%s%s busy %.2f %%", out.len ? ", " : "", slot->name,
                      percent(slot->busy_ns, slot->idle_ns));
    }
    return text_take(&out);
}

char *slots_describe_use(const struct slots *slots)
{
    bool known = false;
    for (size_t i = 0; i < slots->all.count; i++)
        known |= slots->all.items[i]->attempts > 1;
    if (!known)
        return memory_copy_text("");
    return slots->devices.count ? describe_each(slots) : describe_together(slots);
}
