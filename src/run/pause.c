#include "run/pause.h"

#include "base/clock.h"
#include "run/attempt.h"
#include "run/schedule.h"

/* A slot that is free meanwhile does not stand idle. */
static void shift_idle_time(struct runner *runner, int64_t ns)
{
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        struct slot *slot = runner->slots.all.items[i];
        if (!slot->attempt && slot->free_since)
            slot->free_since += ns;
    }
}

void pause_begin(struct runner *runner)
{
    if (runner->paused || runner->stop_signal)
        return;
    runner->paused = clock_monotonic();
    log_line(runner->log, LOG_INFO, "Paused: the attempts are stopped until SIGCONT (fg or bg in the shell)");
    trees_freeze(&runner->trees, true);
    attempt_each(runner, attempt_pause);
    progress_hide(&runner->progress);
    guard_paused(runner->guard);
}

void pause_end(struct runner *runner)
{
    if (!runner->paused)
        return;
    shift_idle_time(runner, clock_monotonic() - runner->paused);
    runner->paused = 0;
    attempt_each(runner, attempt_resume);
    trees_freeze(&runner->trees, false);
    progress_show(&runner->progress);
    log_line(runner->log, LOG_INFO, "The attempts go on");
    schedule_go_on(runner);
}
