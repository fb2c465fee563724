#include "run/progress.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/display.h"
#include "base/memory.h"
#include "base/tell.h"
#include "base/text.h"
#include "run/attempt.h"
#include "run/runner.h"

static const int64_t least_ns = 100 * 1000 * 1000;
enum { bar_width = 20, stamp_date = 11, stamp_time = 8 };

double progress_seconds_left(const struct runner *runner)
{
    size_t slots = slots_in_use(&runner->slots);
    if (runner->finished_here == 0 || slots == 0)
        return 0;
    double each = runner->seconds_run / (double)runner->finished_here;
    double total = each * (double)runner_left(runner);
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        const struct attempt *attempt = runner->slots.all.items[i]->attempt;
        double rest = attempt ? each - 1e-9 * (double)(now - attempt->started) : 0;
        total += rest > 0 ? rest : 0;
    }
    return total / (double)slots;
}

static void add_bar(struct text *line, uint64_t done, uint64_t total)
{
    int filled = total ? (int)((double)done / (double)total * bar_width) : bar_width;
    text_add_char(line, '[');
    for (int i = 0; i < bar_width; i++)
        text_add_char(line, i < filled ? '=' : i == filled ? '>' : ' ');
    text_add(line, "] ");
}

static size_t add_slots(struct text *out, const struct runner *runner)
{
    size_t running = 0;
    int64_t now = clock_monotonic();
    for (size_t i = 0; i < runner->slots.all.count; i++) {
        const struct slot *slot = runner->slots.all.items[i];
        if (!slot->attempt)
            continue;
        char elapsed[48];
        duration_format(1e-9 * (double)(now - slot->attempt->started), elapsed);
        text_addf(out, " | %s %s %s", slot->name, slot->attempt->run->name, elapsed);
        running++;
    }
    return running;
}

static void add_trouble(struct text *line, const char *what, const struct trouble *trouble)
{
    char scratch[64];
    if (trouble->err.kind != ERROR_NONE)
        text_addf(line, ", %s: %s", what, trouble_reason(trouble, scratch));
}

static void add_status(struct text *line, const struct runner *runner)
{
    uint64_t total = plan_count(runner->plan);
    CLEANUP(text_free) struct text slots = {0};
    size_t running = add_slots(&slots, runner);
    add_bar(line, runner->finished, total);
    text_addf(line, "%llu/%llu done, %zu running", (unsigned long long)runner->finished,
              (unsigned long long)total, running);
    if (runner->failures.count)
        text_addf(line, ", %zu failed", runner->failures.count);
    if (running == 0 && runner->bookkeeping.reading > 0)
        text_addf(line, ", reading the output of %zu run%s", runner->bookkeeping.reading,
                  runner->bookkeeping.reading == 1 ? "" : "s");
    add_trouble(line, "results cannot be stored", &runner->storing);
    add_trouble(line, "starts are refused", &runner->refusal.trouble);
    if (runner->stop_signal) {
        text_add(line, ", stopping");
    } else if (runner->finished_here) {
        char left[48];
        duration_format(progress_seconds_left(runner), left);
        text_addf(line, ", %s left", left);
    }
    text_add(line, text_get(&slots));
}

static size_t terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* Not when Ctrl-S holds the terminal, or nobody reads the pipe: a write would hold all slots up. */
static bool takes_output(void)
{
    struct pollfd out = {STDERR_FILENO, POLLOUT, 0};
    return poll(&out, 1, 0) != 0;
}

static void draw(struct progress *progress)
{
    if (!takes_output())
        return;
    CLEANUP(text_free) struct text status = {0}, line = {0};
    add_status(&status, progress->runner);
    display_add_visible(&line, text_get(&status));
    size_t fits = display_fit(text_get(&line), line.len, terminal_width() - 1);
    fprintf(stderr, "\r%.*s\033[K", (int)fits, text_get(&line));
    fflush(stderr);
    progress->last_draw = clock_monotonic();
}

void progress_update(struct progress *progress)
{
    if (progress->live && !progress->hidden && clock_monotonic() - progress->last_draw >= least_ns)
        draw(progress);
}

void progress_redraw(struct progress *progress)
{
    if (progress->live && !progress->hidden)
        draw(progress);
}

void progress_hide(struct progress *progress)
{
    progress->hidden = true;
    if (progress->live && takes_output())
        fputs("\r\033[K", stderr);
    uv_timer_stop(&progress->tick);
}

static void on_tick(uv_timer_t *timer)
{
    draw(timer->data);
}

static void tell_of_skipped(struct progress *progress)
{
    const char *end = progress->live ? "\r\033[K" : "";
    fputs(end, stderr);
    tell("(%zu %s not shown, since this was not read: see %s/furcate.log)\n", progress->skipped,
         progress->skipped == 1 ? "line was" : "lines were", store_directory(progress->runner->store));
    progress->skipped = 0;
}

static void echo(void *context, enum log_level level, const char *line, const char *message)
{
    struct progress *progress = context;
    if (!takes_output()) {
        progress->skipped++;
        return;
    }
    if (progress->skipped > 0)
        tell_of_skipped(progress);
    if (!progress->live) {
        fputs(line, stderr);
        return;
    }
    bool bright = level == LOG_WARNING && progress->coloured;
    fprintf(stderr, "\r\033[K%.*s  %s%s%s", stamp_time, line + stamp_date, bright ? "\033[33m" : "", message,
            bright ? "\033[0m" : "");
    progress_update(progress);
}

/* Returns whether stderr is a terminal that takes escape sequences. */
static bool is_live_terminal(void)
{
    const char *term = getenv("TERM");
    return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
           strcmp(term, "unknown") != 0;
}

void progress_open(struct progress *progress, struct runner *runner)
{
    const char *no_color = getenv("NO_COLOR");
    progress->runner = runner;
    progress->live = !runner->guard->detached && is_live_terminal();
    progress->coloured = progress->live && !(no_color && *no_color);
    if (!runner->guard->detached) /* stderr is the log itself then */
        log_set_echo(runner->log, echo, progress);
    uv_timer_init(&runner->loop, &progress->tick);
    progress->tick.data = progress;
    if (progress->live)
        uv_timer_start(&progress->tick, on_tick, 1000, 1000);
}

void progress_show(struct progress *progress)
{
    progress->hidden = false;
    if (progress->live)
        uv_timer_start(&progress->tick, on_tick, 1000, 1000);
    progress_update(progress);
}

void progress_close(struct progress *progress)
{
    if (progress->skipped > 0)
        tell_of_skipped(progress);
    else if (progress->live)
        fputs("\r\033[K", stderr);
    progress->live = false;
    uv_close((uv_handle_t *)&progress->tick, NULL);
}
