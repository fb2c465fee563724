#include "run/reload.h"

#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/announce.h"
#include "run/attempt.h"
#include "run/retry.h"
#include "run/schedule.h"

/* Ranks: some milliseconds, and less than one. */
enum { followed_at_once = 20000, followed_idly = 2000 };

static void log_faults(struct runner *runner, const struct faults *faults)
{
    enum fault_level level;
    const char *line;
    for (size_t i = 0; (line = faults_line(faults, i, &level)); i++)
        log_line(runner->log, LOG_WARNING, "%s", line);
}

/* --- what is finished: by the ranks that are known, or by the rows --- */

static void on_idle(uv_idle_t *idle)
{
    if (!runner_follow(idle->data, followed_idly))
        uv_idle_stop(idle);
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

/* Whether a permutation that joins can have a row, or one that is taken can have lost it. */
static bool must_read_rows(const struct runner *runner, const struct plan_change *change,
                           const struct plan *plan)
{
    if (runner->finished > 0 && has_other_keys(plan_config(plan), runner->config))
        return true; /* which tells what became of them */
    bool joins = plan_change_joined(change) > 0 || !plan_change_is_exact(change);
    return !store_rows_are_unchanged(runner->store) || (joins && runner->others > 0);
}

static void forget(struct runner *runner, const struct run *run)
{
    if (run->rank != RUNNER_NO_RANK)
        taken_remove(&runner->taken, run->rank);
}

/* Leaves in `taken` what is finished. */
static void forget_under_way(struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt)
            forget(runner, runner->slots.all.items[i]->attempt->run);
    for (size_t i = 0; i < runner->unsettled.attempts.count; i++)
        forget(runner, runner->unsettled.attempts.items[i]->run);
    for (size_t i = 0; i < runner->failures.count; i++)
        forget(runner, runner->failures.items[i].run);
    retry_each(runner, forget);
}

/* Makes `taken` what has a row. */
static bool read_finished(struct runner *runner, struct plan *plan, struct error *err)
{
    struct number_set finished = {0};
    struct other_rows others = {0};
    bool found =
        store_flush(runner->store, err) && store_find_finished(runner->store, plan, &finished, &others, err);
    if (!found) {
        text_free(&others.lines);
        number_set_free(&finished);
        return false;
    }
    if (others.odd > runner->odd_rows)
        runner->other_rows = others.lines;
    else
        text_free(&others.lines); /* whoever edits values knows what the edit leaves behind */
    runner->odd_rows = others.odd;
    taken_replace(&runner->taken, &finished);
    runner->others = others.count;
    return true;
}

/* --- the new plan --- */

/* Finished runs that have no row yet. */
static void take_unwritten(struct runner *runner)
{
    struct run *run;
    for (size_t i = 0; (run = bookkeeping_collecting(&runner->bookkeeping, i)); i++)
        runner_take(runner, run);
}

/* Everything else that is under way or given up; what waits for a retry and is in the plan no more goes. */
static void take_under_way(struct runner *runner)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        struct attempt *attempt = runner->slots.all.items[i]->attempt;
        if (attempt)
            runner_take(runner, attempt->run);
    }
    for (size_t i = 0; i < runner->unsettled.attempts.count; i++)
        runner_take(runner, runner->unsettled.attempts.items[i]->run);
    for (size_t i = 0; i < runner->failures.count; i++)
        runner_take(runner, runner->failures.items[i].run);
    retry_take(runner);
}

static void log_plan(struct runner *runner, const struct plan_change *change, size_t slots)
{
    CLEANUP(text_free) struct text moved = {0};
    bool exact = plan_change_is_exact(change), follows = runner->taken.left > 0;
    if (exact)
        text_addf(&moved, " - %llu joined - %llu gone", (unsigned long long)plan_change_joined(change),
                  (unsigned long long)plan_change_gone(change));
    unsigned long long count = plan_count(runner->plan), remaining = runner_remaining(runner);
    log_line(runner->log, LOG_INFO, "The plan is now %llu config%s - %s%llu remaining - %zu slot%s%s", count,
             count == 1 ? "" : "s", follows && (!exact || plan_change_gone(change) > 0) ? "at least " : "",
             remaining, slots, slots == 1 ? "" : "s", text_get(&moved));
}

/* `taken` is that of the plan already, and holds what is finished. */
static void adopt(struct runner *runner, struct config *config, struct plan *plan)
{
    order_destroy(runner->order);
    plan_unref(runner->plan);
    config_unref(runner->config);
    runner->config = config_ref(config);
    runner->plan = plan_ref(plan);
    runner->order = order_create(plan);
    runner->exhausted = false;
    store_set_config(runner->store, config);
    bookkeeping_kick(&runner->bookkeeping);
}

/* Makes the plan the current one, by the rows or by following what is taken. */
static bool change_plan(struct runner *runner, const struct plan_change *change, struct plan *plan,
                        struct error *err)
{
    bool reads = must_read_rows(runner, change, plan);
    if (reads && !read_finished(runner, plan, err))
        return false;
    if (!reads) {
        forget_under_way(runner);
        taken_follow(&runner->taken, runner->plan, plan);
    }
    adopt(runner, plan_config(plan), plan);
    if (reads)
        take_unwritten(runner);
    runner->finished = taken_count(&runner->taken);
    take_under_way(runner);
    if (runner_follow(runner, followed_at_once))
        uv_idle_start(&runner->follow, on_idle);
    return true;
}

static void warn_of_log_dir(struct runner *runner, const struct config *config)
{
    const char *edited = config_log_dir(config), *log_dir = store_log_dir(runner->store);
    if (strcmp(edited, config_log_dir(runner->config)) != 0 && !file_is_same_path(edited, log_dir))
        log_line(runner->log, LOG_WARNING,
                 "log_dir stays %s until this runner ends; the next start uses %s, and finds none of these "
                 "results there unless the folder is moved",
                 log_dir, edited);
}

/* The record of the runs from now on is to say what was executed. */
static void keep_fixed(struct runner *runner, struct config *config)
{
    CLEANUP(text_free) struct text differing = {0};
    config_keep_fixed(config, runner->config, &differing);
    bool several = strchr(text_get(&differing), ' ');
    if (differing.len)
        log_line(runner->log, LOG_WARNING, "%s %s until this furcate ends; the next start follows the edit",
                 text_get(&differing), several ? "stay as they were" : "stays as it was");
}

static void apply(struct runner *runner, struct config *config, struct plan *plan)
{
    struct error err = {0};
    struct plan_change *change = plan_change_create(runner->plan, plan);
    bool had_trace = config_meta(runner->config)->mem_trace.enabled;
    warn_of_log_dir(runner, config);
    keep_fixed(runner, config);
    runner_follow(runner, SIZE_MAX); /* an earlier edit */
    if (command_check(runner->command, plan, &err) && change_plan(runner, change, plan, &err)) {
        attempt_each(runner, attempt_follow_deadline);
        retry_follow(runner);
        log_plan(runner, change, slots_resize(&runner->slots, config_meta(config)));
        announce_other_rows(runner);
        announce_denied_slots(runner);
        announce_unnamed_axes(runner);
        if (!had_trace)
            announce_no_effect(runner);
    } else {
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
