#include "run/reload.h"

#include <string.h>

#include "run/attempt.h"
#include "run/results.h"
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

static void adopt(struct runner *runner, struct config *config, struct plan *plan, struct number_set *taken)
{
    runner->finished = taken->count;
    take_under_way(runner, plan, taken);
    order_destroy(runner->order);
    plan_unref(runner->plan);
    config_unref(runner->config);
    number_set_free(&runner->taken);
    runner->config = config;
    runner->plan = plan;
    runner->order = order_create(plan);
    runner->taken = *taken;
    runner->exhausted = false;
    attempt_each(runner, attempt_follow_timeout);
    size_t slots = slots_resize(&runner->slots, config_meta(config));
    log_line(runner->log, LOG_INFO, "The plan is now %llu configs - %llu remaining - %zu slots",
             (unsigned long long)plan_count(plan), (unsigned long long)runner_left(runner), slots);
}

static bool find_taken(struct runner *runner, const struct plan *plan, struct number_set *taken,
                       struct error *err)
{
    if (!store_flush(runner->store, err) || !store_find_finished(runner->store, plan, taken, NULL, err))
        return false;
    take_unwritten(runner, plan, taken);
    return true;
}

static void apply(struct runner *runner, struct config *config, struct plan *plan)
{
    struct error err = {0};
    struct number_set taken = {0};
    if (strcmp(config_log_dir(config), config_log_dir(runner->config)) != 0)
        log_line(runner->log, LOG_WARNING, "log_dir stays %s until the next start",
                 config_log_dir(runner->config));
    if (command_check(runner->command, config, &err) && results_check_metrics(config, &err) &&
        find_taken(runner, plan, &taken, &err)) {
        adopt(runner, config_ref(config), plan_ref(plan), &taken);
        return;
    }
    number_set_free(&taken);
    log_line(runner->log, LOG_WARNING, "The edited config is not used: %s", err.text);
}

void reload_config(struct runner *runner)
{
    const char *path = config_path(runner->config);
    runner->reload_wanted = false;
    log_line(runner->log, LOG_INFO, "Detected change in %s, reloading configurations.", path);
    struct faults *faults = faults_create(path);
    struct config *config = config_read_with(path, runner->options->use, runner->options->overrides, faults);
    struct plan *plan = config ? plan_create(config, faults) : NULL;
    log_faults(runner, faults);
    if (plan)
        apply(runner, config, plan);
    else
        log_line(runner->log, LOG_WARNING, "The edited config is not used; the plan before it goes on");
    plan_unref(plan);
    config_unref(config);
    faults_destroy(faults);
    schedule_go_on(runner);
}
