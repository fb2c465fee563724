#include "run/refusal.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "run/runner.h"

/* A build or an installation may keep the program away for as long. */
enum { most_minutes_away = 10 };

static void on_over(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    runner->refusal.pauses++;
    runner->run_ready(runner);
}

void refusal_open(struct runner *runner)
{
    uv_timer_init(&runner->loop, &runner->refusal.timer);
    runner->refusal.timer.data = runner;
}

void refusal_close(struct refusal *refusal)
{
    uv_close((uv_handle_t *)&refusal->timer, NULL);
}

/* Returns whether the program, or the interpreter of its first line, is not there, not executable yet, or not
 * written to its end. */
static bool is_program_away(const struct error *err)
{
    static const int numbers[] = {ENOENT, ENOTDIR, EACCES, EPERM, ENOEXEC, ELIBBAD, ENODEV};
    return err->kind != ERROR_SYSTEM &&
           error_number_is_one_of(err->number, numbers, sizeof numbers / sizeof *numbers);
}

bool refusal_is_passing(struct runner *runner, const struct error *err)
{
    struct refusal *refusal = &runner->refusal;
    int64_t now = clock_monotonic();
    bool is_away = !err->may_pass && is_program_away(err);
    if (!is_away || refusal->away_since == 0)
        refusal->away_since = is_away ? now : 0;
    if (is_away)
        return runner->has_executed &&
               now - refusal->away_since < INT64_C(60) * most_minutes_away * 1000000000;
    /* Somebody may be deleting the log dir: the next try sees to that. */
    return err->may_pass || (err->kind == ERROR_SYSTEM && err->number == ENOENT);
}

static void tell(struct runner *runner, const struct run *run)
{
    const struct refusal *refusal = &runner->refusal;
    const struct trouble *trouble = &refusal->trouble;
    char lasted[48], what[64] = "No run",
                     until[96] = "again every minute, at first more often, and when a run ends";
    if (trouble->said != trouble->since) {
        duration_format(1e-9 * (double)(trouble->said - trouble->since), lasted);
        log_line(runner->log, LOG_WARNING, "Starts are still refused, for %s now: %s%s", lasted,
                 trouble->err.text, trouble_remedy(&trouble->err));
        return;
    }
    if (run)
        snprintf(what, sizeof what, "Thread %lld", (long long)run->id);
    if (refusal->away_since)
        snprintf(until, sizeof until,
                 "again for %d minutes, at first ten times a second, in case it comes back",
                 most_minutes_away);
    log_line(runner->log, LOG_WARNING, "%s %s be started now: %s%s - tried %s; until then nothing is started",
             what, run ? "cannot" : "can", trouble->err.text, trouble_remedy(&trouble->err), until);
}

/* Returns how long to wait before the next try. Only pauses that ran down make it longer: each run that ends
 * causes a try too, and many may end at once. */
static uint64_t next_pause_ms(const struct refusal *refusal)
{
    uint64_t first = refusal->away_since ? 100 : 1000, most = refusal->away_since ? 10000 : 60000;
    uint64_t pause = first << (refusal->pauses < 10 ? refusal->pauses : 10);
    return pause < most ? pause : most;
}

void refusal_note(struct runner *runner, const struct run *run, const struct error *err)
{
    struct refusal *refusal = &runner->refusal;
    if (trouble_note(&refusal->trouble, err))
        tell(runner, run);
    uv_timer_start(&refusal->timer, on_over, next_pause_ms(refusal), 0);
}

bool refusal_holds(const struct refusal *refusal)
{
    return uv_is_active((const uv_handle_t *)&refusal->timer);
}

void refusal_hurry(struct refusal *refusal)
{
    uv_timer_stop(&refusal->timer);
}

void refusal_over(struct runner *runner)
{
    char lasted[48];
    runner->refusal.pauses = 0;
    runner->refusal.away_since = 0;
    if (trouble_over(&runner->refusal.trouble, lasted))
        log_line(runner->log, LOG_INFO, "Runs are started again, after %s", lasted);
}
