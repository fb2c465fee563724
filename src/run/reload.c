#include "run/reload.h"

#include <string.h>

#include "base/memory.h"
#include "run/attempt.h"
#include "run/retry.h"
#include "run/schedule.h"

static void log_faults(struct runner *runner, const struct faults *faults)
{
    enum fault_level level;
    const char *line;
    for (size_t i = 0; (line = faults_line(faults, i, &level)); i++)
        log_line(runner->log, LOG_WARNING, "%s", line);
}

static void take_unwritten(struct runner *runner, const struct plan *plan, struct number_set *taken)
{
    struct run *run;
    for (size_t i = 0; (run = bookkeeping_collecting(&runner->bookkeeping, i)); i++)
        runner_take(run, plan, taken);
}

/* --- what is finished: by the ranks that are known, or by the rows --- */

/* Whether a permutation that joins can have a row, or one that is taken can have lost it. */
static bool must_read_rows(const struct runner *runner, const struct plan_change *change)
{
    bool joins = plan_change_joined(change) > 0 || !plan_change_is_exact(change);
    return !store_rows_are_unchanged(runner->store) || (joins && runner->others > 0);
}

static bool read_finished(struct runner *runner, const struct plan *plan, struct number_set *finished,
                          struct error *err)
{
    uint64_t others;
    if (!store_flush(runner->store, err) || !store_find_finished(runner->store, plan, finished, &others, err))
        return false;
    take_unwritten(runner, plan, finished);
    runner->others = others;
    return true;
}

static void forget(struct runner *runner, const struct run *run)
{
    if (run->rank != RUNNER_NO_RANK)
        number_set_remove(&runner->taken, run->rank);
}

/* Leaves in `taken` what is finished. */
static void forget_under_way(struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt)
            forget(runner, runner->slots.all.items[i]->attempt->run);
    for (size_t i = 0; i < runner->failures.count; i++)
        forget(runner, runner->failures.items[i].run);
    retry_each(runner, forget);
}

static void follow_finished(struct runner *runner, const struct plan_change *change,
                            struct number_set *finished)
{
    enum { at_once = 256 };
    uint64_t before, now[at_once];
    size_t count = 0;
    forget_under_way(runner);
    number_set_reserve(finished, runner->taken.count);
    for (size_t at = 0; number_set_next(&runner->taken, &at, &before);) {
        if (plan_change_follow(change, before, &now[count]))
            count++;
        else
            runner->others++;
        if (count == at_once) {
            number_set_add_all(finished, now, count);
            count = 0;
        }
    }
    number_set_add_all(finished, now, count);
}

static bool find_finished(struct runner *runner, const struct plan_change *change, const struct plan *plan,
                          struct number_set *finished, struct error *err)
{
    if (must_read_rows(runner, change))
        return read_finished(runner, plan, finished, err);
    follow_finished(runner, change, finished);
    return true;
}

/* --- the new plan --- */

/* Everything else that is under way or given up; what waits for a retry and is in the plan no more goes. */
static void take_under_way(struct runner *runner, const struct plan *plan, struct number_set *taken)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        struct attempt *attempt = runner->slots.all.items[i]->attempt;
        if (attempt)
            runner_take(attempt->run, plan, taken);
    }
    for (size_t i = 0; i < runner->failures.count; i++)
        runner_take(runner->failures.items[i].run, plan, taken);
    retry_take(runner, plan, taken);
}

static void log_plan(struct runner *runner, const struct plan_change *change, size_t slots)
{
    CLEANUP(text_free) struct text moved = {0};
    if (plan_change_is_exact(change))
        text_addf(&moved, " - %llu joined - %llu gone", (unsigned long long)plan_change_joined(change),
                  (unsigned long long)plan_change_gone(change));
    log_line(runner->log, LOG_INFO, "The plan is now %llu configs - %llu remaining - %zu slots%s",
             (unsigned long long)plan_count(runner->plan), (unsigned long long)runner_left(runner), slots,
             text_get(&moved));
}

/* Takes `finished` over. */
static void adopt(struct runner *runner, struct config *config, struct plan *plan,
                  struct number_set *finished)
{
    runner->finished = finished->count;
    take_under_way(runner, plan, finished);
    order_destroy(runner->order);
    plan_unref(runner->plan);
    config_unref(runner->config);
    number_set_free(&runner->taken);
    runner->config = config_ref(config);
    runner->plan = plan_ref(plan);
    runner->order = order_create(plan);
    runner->taken = *finished;
    runner->exhausted = false;
    store_set_config(runner->store, config);
    bookkeeping_kick(&runner->bookkeeping);
}

static void apply(struct runner *runner, struct config *config, struct plan *plan)
{
    struct error err = {0};
    struct number_set finished = {0};
    struct plan_change *change = plan_change_create(runner->plan, plan);
    if (strcmp(config_log_dir(config), config_log_dir(runner->config)) != 0)
        log_line(runner->log, LOG_WARNING, "log_dir stays %s until the next start",
                 config_log_dir(runner->config));
    if (command_check(runner->command, config, &err) &&
        find_finished(runner, change, plan, &finished, &err)) {
        adopt(runner, config, plan, &finished);
        attempt_each(runner, attempt_follow_timeout);
        log_plan(runner, change, slots_resize(&runner->slots, config_meta(config)));
    } else {
        number_set_free(&finished);
        log_line(runner->log, LOG_WARNING, "The edited config is not used: %s", err.text);
    }
    plan_change_destroy(change);
}

void reload_config(struct runner *runner)
{
    const char *path = config_path(runner->config);
    runner->reload_wanted = false;
    log_line(runner->log, LOG_INFO, "Detected change in %s, reloading configurations.", path);
    struct faults *faults = faults_create(path);
    struct plan *plan = plan_read(path, runner->options->use, runner->options->overrides, faults);
    log_faults(runner, faults);
    if (plan)
        apply(runner, plan_config(plan), plan);
    else
        log_line(runner->log, LOG_WARNING, "The edited config is not used; the plan before it goes on");
    plan_unref(plan);
    faults_destroy(faults);
    schedule_go_on(runner);
}
