#include "run/reload.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "run/adopt.h"
#include "run/announce.h"
#include "run/attempt.h"
#include "run/planning.h"
#include "run/retry.h"
#include "run/schedule.h"
#include "run/slice.h"

static void log_faults(struct runner *runner, const struct faults *faults)
{
    size_t shown[] = {[FAULT_WARNING] = 0, [FAULT_ERROR] = 0}, hidden = 0;
    enum fault_level level;
    const char *line;
    for (size_t i = 0; (line = faults_line(faults, i, &level)); i++)
        if (shown[level]++ < FAULTS_MOST_SHOWN)
            log_line(runner->log, LOG_WARNING, "%s", line);
        else
            hidden++;
    if (hidden > 0)
        log_line(runner->log, LOG_WARNING, "The config has %zu more such faults", hidden);
}

/* --- following: what was taken gets its ranks in the new plan --- */

/* Returns whether all has followed. */
static bool follow(struct runner *runner)
{
    enum { ranks = 256 };
    int64_t begun = clock_monotonic();
    while (runner_follow(runner, ranks))
        if (slice_is_over(begun))
            return false;
    return true;
}

static void end_following(struct reload *reload)
{
    planning_discard(reload->followed, reload->readers);
    reload->followed = NULL;
}

static void on_idle(uv_idle_t *idle)
{
    struct runner *runner = idle->data;
    if (!follow(runner))
        return;
    uv_idle_stop(idle);
    end_following(&runner->reload);
    reload_go_on(runner);
}

/* --- the new plan --- */

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
static void tell_of_fixed(struct runner *runner, const struct text *differing)
{
    bool several = strchr(text_get(differing), ' ');
    if (differing->len)
        log_line(runner->log, LOG_WARNING, "%s %s until this furcate ends; the next start follows the edit",
                 text_get(differing), several ? "stay as they were" : "stays as it was");
}

static void tell(struct runner *runner, const struct planning *planning, bool had_trace)
{
    size_t slots = slots_resize(&runner->slots, config_meta(runner->config));
    log_plan(runner, planning->change, slots);
    announce_other_rows(runner);
    announce_denied_slots(runner);
    announce_unnamed_axes(runner);
    if (!had_trace)
        announce_no_effect(runner);
}

/* Makes what the thread has made the current plan, in one step. */
static void take_over(struct runner *runner, struct planning *planning)
{
    bool had_trace = config_meta(runner->config)->mem_trace.enabled;
    warn_of_log_dir(runner, plan_config(planning->plan));
    tell_of_fixed(runner, &planning->differing);
    adopt_plan(runner, planning);
    runner->reload.followed = planning;
    bool has_followed = follow(runner);
    attempt_each(runner, attempt_follow_deadline);
    retry_follow(runner);
    tell(runner, planning, had_trace);
    if (has_followed)
        end_following(&runner->reload);
    else
        uv_idle_start(&runner->reload.follow, on_idle);
}

/* --- the steps --- */

static void drop(struct reload *reload)
{
    planning_discard(reload->planning, reload->readers);
    reload->planning = NULL;
    reload->state = RELOAD_IDLE;
}

static void refuse(struct runner *runner, const char *why)
{
    log_line(runner->log, LOG_WARNING, "The edited config is not used%s", why);
    drop(&runner->reload);
}

static void on_planned(struct runner *runner)
{
    struct planning *planning = runner->reload.planning;
    runner->reload.state = RELOAD_PLANNED;
    if (runner->reload.is_wanted)
        return; /* it was edited again */
    log_faults(runner, planning->faults);
    CLEANUP(memory_free) char *why = text_format(": %s", planning->err.text);
    if (!planning->plan)
        refuse(runner, "; the plan before it goes on");
    else if (planning->err.kind != ERROR_NONE)
        refuse(runner, why);
}

static void on_matched(struct runner *runner)
{
    struct reload *reload = &runner->reload;
    struct planning *planning = reload->planning;
    CLEANUP(memory_free) char *why = text_format(": %s", planning->err.text);
    if (planning->err.kind == ERROR_NONE) {
        reload->planning = NULL;
        reload->state = RELOAD_IDLE;
        take_over(runner, planning);
    } else {
        refuse(runner, why);
    }
    bookkeeping_keep_recent(&runner->bookkeeping, false);
}

static bool is_over(const struct runner *runner)
{
    return runner->closing || runner->stop_signal;
}

static void on_made(void *context)
{
    struct runner *runner = context;
    bool is_planned = runner->reload.state == RELOAD_PLANNING;
    if (is_over(runner)) {
        runner->reload.state = RELOAD_PLANNED;
        return;
    }
    if (is_planned)
        on_planned(runner);
    else
        on_matched(runner);
    reload_go_on(runner);
    schedule_go_on(runner);
}

static void begin(struct runner *runner)
{
    struct reload *reload = &runner->reload;
    const char *path = config_path(runner->config);
    log_line(runner->log, LOG_INFO, "Detected change in %s, reloading configurations.", path);
    struct planning given = {
        .then = on_made,
        .context = runner,
        .path = memory_copy_text(path),
        .use = runner->options->use,
        .overrides = runner->options->overrides,
        .content = reload->content,
        .before = plan_ref(runner->plan),
        .command = command_ref(runner->command),
        .log_dir = memory_copy_text(store_directory(runner->store)),
        .shown_log_dir = memory_copy_text(store_log_dir(runner->store)),
    };
    reload->content = (struct text){0};
    reload->is_wanted = false;
    reload->planning = planning_start(reload->readers, &given);
    reload->state = RELOAD_PLANNING;
}

/* Begins the second step. Runs that end from here on are remembered, since the thread may not see their rows.
 */
static void begin_match(struct runner *runner)
{
    struct planning *planning = runner->reload.planning;
    planning->reads_rows = adopt_must_read_rows(runner, planning);
    for (size_t i = 0; i < runner->failures.count; i++)
        vector_push(&planning->ranked,
                    ((struct ranked){value_ref(runner->failures.items[i].run->keys), RUNNER_NO_RANK}));
    bookkeeping_keep_recent(&runner->bookkeeping, true);
    planning_match(planning, runner->reload.readers);
    runner->reload.state = RELOAD_MATCHING;
}

static bool may_match(const struct runner *runner)
{
    return runner->reload.state == RELOAD_PLANNED && !runner->reload.followed && !runner->bookkeeping.busy &&
           !runner->bookkeeping.failing;
}

void reload_go_on(struct runner *runner)
{
    struct reload *reload = &runner->reload;
    bool is_on_thread = reload->state == RELOAD_PLANNING || reload->state == RELOAD_MATCHING;
    if (is_over(runner) || is_on_thread)
        return;
    if (reload->is_wanted) {
        drop(reload);
        begin(runner);
    } else if (may_match(runner)) {
        begin_match(runner);
    }
}

void reload_want(struct runner *runner, struct text *content)
{
    struct reload *reload = &runner->reload;
    text_free(&reload->content);
    reload->content = *content;
    *content = (struct text){0};
    reload->is_wanted = true;
    reload_go_on(runner);
}

bool reload_is_under_way(const struct reload *reload)
{
    return reload->is_wanted || reload->planning;
}

void reload_open(struct runner *runner)
{
    runner->reload.readers = readers_open(&runner->loop);
    uv_idle_init(&runner->loop, &runner->reload.follow);
    runner->reload.follow.data = runner;
}

bool reload_close(struct reload *reload)
{
    bool is_on_thread = reload->state == RELOAD_PLANNING || reload->state == RELOAD_MATCHING;
    bool are_over = readers_close(reload->readers);
    uv_close((uv_handle_t *)&reload->follow, NULL);
    if (are_over || !is_on_thread) /* else it is the thread's until the process ends */
        planning_free(reload->planning);
    planning_free(reload->followed);
    text_free(&reload->content);
    return are_over;
}
