#include "run/planning.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"
#include "run/runner.h"

static struct planning *of_reading(struct reading *reading)
{
    return (struct planning *)((char *)reading - offsetof(struct planning, reading));
}

static void tell(struct reading *reading)
{
    struct planning *planning = of_reading(reading);
    planning->then(planning->context);
}

/* --- the plan --- */

/* A file that is larger than any config was not kept: reading it again tells so. */
static struct plan *read_plan(struct planning *planning)
{
    if (planning->content.len == 0)
        return plan_read(planning->path, planning->use, planning->overrides, planning->faults);
    return plan_read_text(planning->path, &planning->content, planning->use, planning->overrides,
                          planning->faults);
}

/* Returns whether one config has a key that the other lacks: no row of the one is of a run of the other then,
 * though no value was edited. */
static bool has_other_keys(const struct config *config, const struct config *other)
{
    const struct value *keys = config_keys(config), *others = config_keys(other);
    for (size_t i = 0; i < value_count(keys); i++)
        if (!value_get(others, value_key(keys, i)))
            return true;
    return value_count(keys) != value_count(others);
}

static void compare(struct planning *planning)
{
    struct config *config = plan_config(planning->plan), *before = plan_config(planning->before);
    config_keep_fixed(config, before, &planning->differing);
    planning->change = plan_change_create(planning->before, planning->plan);
    planning->has_other_keys = has_other_keys(config, before);
    planning->config_text = store_format_config(config);
}

static void make(struct reading *reading)
{
    struct planning *planning = of_reading(reading);
    planning->faults = faults_create(planning->path);
    planning->plan = read_plan(planning);
    text_free(&planning->content);
    if (!planning->plan)
        return;
    compare(planning);
    if (command_check(planning->command, planning->plan, &planning->err))
        planning->err.kind = ERROR_NONE;
}

struct planning *planning_start(struct readers *readers, const struct planning *given)
{
    struct planning *planning = memory_new(1, sizeof *planning);
    *planning = *given;
    planning->reading = (struct reading){.read = make, .on_read = tell};
    readers_add(readers, &planning->reading);
    return planning;
}

/* --- what is finished of it --- */

static void rank_all(struct planning *planning)
{
    for (size_t i = 0; i < planning->ranked.count; i++) {
        struct ranked *ranked = &planning->ranked.items[i];
        if (!plan_find(planning->plan, ranked->keys, &ranked->rank))
            ranked->rank = RUNNER_NO_RANK;
    }
}

static void match(struct reading *reading)
{
    struct planning *planning = of_reading(reading);
    rank_all(planning);
    if (!planning->reads_rows) {
        planning->forth = rank_map_create(planning->before, planning->plan);
        planning->back = rank_map_create(planning->plan, planning->before);
    } else if (store_peek_finished(planning->log_dir, planning->shown_log_dir, planning->plan,
                                   &planning->finished, &planning->others, &planning->err)) {
        planning->err.kind = ERROR_NONE;
    }
}

void planning_match(struct planning *planning, struct readers *readers)
{
    planning->reading.read = match;
    readers_add(readers, &planning->reading);
}

/* --- */

void planning_free(struct planning *planning)
{
    if (!planning)
        return;
    for (size_t i = 0; i < planning->ranked.count; i++)
        value_unref(planning->ranked.items[i].keys);
    vector_free(&planning->ranked);
    number_set_free(&planning->finished);
    text_free(&planning->others.lines);
    text_free(&planning->others.other_files);
    rank_map_destroy(planning->forth);
    rank_map_destroy(planning->back);
    plan_change_destroy(planning->change);
    plan_unref(planning->plan);
    plan_unref(planning->before);
    command_unref(planning->command);
    faults_destroy(planning->faults);
    text_free(&planning->content);
    text_free(&planning->differing);
    free(planning->config_text);
    free(planning->log_dir);
    free(planning->shown_log_dir);
    free(planning->path);
    free(planning);
}

static void free_reading(struct reading *reading)
{
    planning_free(of_reading(reading));
}

void planning_discard(struct planning *planning, struct readers *readers)
{
    if (!planning)
        return;
    planning->reading = (struct reading){.read = free_reading};
    readers_add(readers, &planning->reading);
}
