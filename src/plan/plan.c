#include "plan/plan.h"

#include <stdlib.h>

#include "base/memory.h"
#include "plan/internal.h"

static void fail_for_nothing_left(const struct plan *plan, struct faults *faults)
{
    enum { shown = 3 };
    CLEANUP(text_free) struct text list = {0};
    const struct exclusions *exclusions = &plan->exclusions;
    for (size_t i = 0; i < exclusions->count && i < shown; i++) {
        text_add(&list, i ? ", " : "");
        value_add_json_short(&list, exclusions->items[i].source);
    }
    if (exclusions->count > shown)
        text_addf(&list, " and %zu more", exclusions->count - shown);
    fault_add(faults, FAULT_ERROR, value_place(exclusions->items[0].source),
              "exclude_configs excludes every permutation: %s; remove entries, or add keys to them",
              text_get(&list));
}

static bool make_diagram(struct plan *plan, struct faults *faults)
{
    const struct config_meta *meta = config_meta(plan->config);
    bool config_order = meta->order == ORDER_CONFIG;
    plan->diagram = plan_diagram_create(&plan->axes, &plan->exclusions, config_order, PLAN_DIAGRAM_LIMIT);
    plan->exact = plan->diagram != NULL;
    if (!plan->exact) {
        fault_add(faults, FAULT_WARNING, value_place(meta->exclude),
                  "exclude_configs is too entangled to be counted in 64 MiB, so counts are shown as \"at "
                  "most\"; fewer entries, or entries with an array of values, help");
        plan->diagram = plan_diagram_create(&plan->axes, &(struct exclusions){0}, true, PLAN_DIAGRAM_LIMIT);
    }
    if (plan_diagram_count(plan->diagram) > 0)
        return true;
    fail_for_nothing_left(plan, faults);
    return false;
}

struct plan *plan_create(struct config *config, struct faults *faults)
{
    struct plan *plan = memory_new(1, sizeof *plan);
    plan->refs = 1;
    plan->config = config_ref(config);
    plan_axes_read(&plan->axes, config, faults);
    plan_exclusions_read(&plan->exclusions, config, &plan->axes, faults);
    if (plan_axes_product(&plan->axes, &plan->product, faults) && faults_count(faults, FAULT_ERROR) == 0 &&
        make_diagram(plan, faults))
        return plan;
    plan_unref(plan);
    return NULL;
}

/* Takes over the config, which may be NULL. */
static struct plan *plan_of(struct config *config, struct faults *faults)
{
    struct plan *plan = config ? plan_create(config, faults) : NULL;
    config_unref(config);
    return plan;
}

struct plan *plan_read(const char *path, enum config_use use, char *const *overrides, struct faults *faults)
{
    return plan_of(config_read_for_plan(path, use, overrides, faults), faults);
}

struct plan *plan_read_text(const char *path, const struct text *text, enum config_use use,
                            char *const *overrides, struct faults *faults)
{
    return plan_of(config_read_text_for_plan(path, text, use, overrides, faults), faults);
}

struct plan *plan_ref(struct plan *plan)
{
    refs_take(&plan->refs);
    return plan;
}

void plan_unref(struct plan *plan)
{
    if (!plan || !refs_drop(&plan->refs))
        return;
    plan_diagram_destroy(plan->diagram);
    plan_exclusions_free(&plan->exclusions);
    plan_axes_free(&plan->axes);
    config_unref(plan->config);
    free(plan);
}

struct config *plan_config(const struct plan *plan)
{
    return plan->config;
}

size_t plan_axis_count(const struct plan *plan)
{
    return plan->axes.count;
}

const struct axis *plan_axis(const struct plan *plan, size_t i)
{
    return &plan->axes.items[i];
}

int64_t plan_find_axis(const struct plan *plan, const char *key)
{
    return plan_axes_find_key(&plan->axes, key);
}

uint64_t plan_product(const struct plan *plan)
{
    return plan->product;
}

uint64_t plan_count(const struct plan *plan)
{
    return plan_diagram_count(plan->diagram);
}

bool plan_is_exact(const struct plan *plan)
{
    return plan->exact;
}

bool plan_excludes_all(const struct plan *plan, const int64_t *choice)
{
    return plan_exclusions_match_part(&plan->exclusions, choice);
}

bool plan_keeps(const struct plan *plan, uint64_t rank)
{
    if (rank >= plan_count(plan))
        return false;
    if (plan->exact)
        return true;
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan->axes.count, sizeof *choice);
    plan_unrank(plan, rank, choice);
    return !plan_exclusions_match(&plan->exclusions, choice);
}

/* All ranks that differ behind the last axis which an entry names are excluded with this one. Without a
 * diagram ranks count in config order. */
uint64_t plan_pass_excluded(const struct plan *plan, uint64_t rank)
{
    if (plan->exact)
        return rank;
    CLEANUP(memory_free) uint32_t *choice = memory_new(plan->axes.count, sizeof *choice);
    plan_unrank(plan, rank, choice);
    size_t last = plan_exclusions_last_axis(&plan->exclusions, &plan->axes, choice);
    if (last == plan->axes.count)
        return rank;
    uint64_t alike = 1;
    for (size_t i = last + 1; i < plan->axes.count; i++)
        alike *= plan->axes.items[i].count;
    return (rank / alike + 1) * alike;
}

void plan_unrank(const struct plan *plan, uint64_t rank, uint32_t *choice)
{
    plan_diagram_unrank(plan->diagram, rank, choice);
}

bool plan_rank(const struct plan *plan, const uint32_t *choice, uint64_t *rank)
{
    if (!plan->exact && plan_exclusions_match(&plan->exclusions, choice))
        return false;
    return plan_diagram_rank(plan->diagram, choice, rank);
}

int64_t plan_find_value(const struct plan *plan, size_t axis, const struct value *value)
{
    return plan_axes_find(&plan->axes, axis, value);
}
