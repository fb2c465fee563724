#include "run/attempt.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "run/command.h"
#include "run/deadline.h"
#include "run/environment.h"
#include "run/linger.h"
#include "run/runner.h"
#include "run/start.h"

static bool launch(struct attempt *attempt, struct launched *launched, struct error *err)
{
    struct runner *runner = attempt->runner;
    struct slot *slot = attempt->slot;
    int fds[2] = {-1, -1};
    if (!slot->tree)
        slot->tree = tree_create(&runner->trees);
    attempt->program = command_find_program(runner->command, runner->config, attempt->run, err);
    if (!attempt->program && err->number == 0)
        err->number = ENOENT; /* its message has better words, but is of the same kind */
    if (!attempt->program || !store_open_output(attempt->run, fds, err))
        return false;
    attempt->arguments = command_arguments(runner->command, runner->config, attempt->run);
    free(attempt->run->command);
    attempt->run->command = start_format_words(attempt->arguments);
    attempt->environment =
        environment_for(runner->environment, attempt->run, slot, slots_threads(&runner->slots));
    struct launch launch = {
        .path = attempt->program,
        .argv = attempt->arguments,
        .envp = attempt->environment,
        .output = fds[0],
        .errors = fds[1],
        .cgroup = tree_prepare(slot->tree),
        .waits = !runner->executes,
    };
    bool ok = warm_launch(runner, attempt->run, &launch, launched) ||
              (runner->executes = launch_process(runner->launcher, &launch, launched, err));
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    runner->has_executed |= ok;
    return ok;
}

static void free_attempt(struct attempt *attempt)
{
    run_destroy(attempt->run);
    if (attempt->arguments)
        command_free_arguments(attempt->arguments);
    free(attempt->environment);
    free(attempt->program);
    free(attempt->error_tail);
    free(attempt);
}

static void free_when_closed(uv_handle_t *handle)
{
    struct attempt *attempt = handle->data;
    if (--attempt->open_handles > 0)
        return;
    close(attempt->pidfd); /* not before: libuv would stop watching whatever has the same number by then */
    free_attempt(attempt);
}

void attempt_release(struct attempt *attempt)
{
    uv_close((uv_handle_t *)&attempt->exit, free_when_closed);
    uv_close((uv_handle_t *)&attempt->deadline, free_when_closed);
}

static void note_status(struct attempt *attempt, int status, const struct rusage *usage)
{
    struct timeval cpu;
    timeradd(&usage->ru_utime, &usage->ru_stime, &cpu);
    attempt->end.cpu_seconds = (double)cpu.tv_sec + 1e-6 * (double)cpu.tv_usec;
    attempt->end.peak_memory = 1024 * (int64_t)usage->ru_maxrss;
    attempt->end.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    attempt->end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void note_times(struct attempt *attempt)
{
    double paused = attempt->paused ? clock_seconds_since(attempt->paused) : 0;
    attempt->end.seconds = clock_seconds_since(attempt->started) - paused;
    attempt->end.end_time = clock_wall_end(attempt->end.start_time, attempt->end.seconds);
    attempt->slot->busy_ns += (int64_t)(1e9 * attempt->end.seconds);
    attempt->ended = clock_monotonic();
    attempt->slot->free_since = attempt->ended; /* until then what is left of its tree is not of use */
}

/* --- deadlines --- */

static void on_deadline(uv_timer_t *timer);

void attempt_follow_deadline(struct attempt *attempt)
{
    if (attempt->paused || attempt->state > ATTEMPT_TERMINATING)
        return;
    double step = deadline_next_step(attempt);
    if (isinf(step)) {
        uv_timer_stop(&attempt->deadline);
        return;
    }
    attempt->looked_at = clock_monotonic();
    attempt->due = attempt->looked_at + (int64_t)(1e9 * step);
    uv_timer_start(&attempt->deadline, on_deadline, (uint64_t)(1000 * step), 0);
}

/* --- the end --- */

static void on_tree_gone(void *context)
{
    struct attempt *attempt = context;
    attempt->state = ATTEMPT_ENDED;
    uv_timer_stop(&attempt->deadline);
    attempt->runner->attempt_ended(attempt->runner, attempt);
}

static void kill_tree(struct attempt *attempt)
{
    tree_kill(attempt->slot->tree);
    if (attempt->killed)
        return;
    attempt->killed = clock_monotonic();
    uv_timer_start(&attempt->deadline, on_deadline, LINGER_STEP_MS, LINGER_STEP_MS);
}

/* Kills what the process has left. */
static void clear(struct attempt *attempt)
{
    attempt->state = ATTEMPT_CLEARING;
    kill_tree(attempt);
}

static void tell_of_rest(struct attempt *attempt)
{
    struct leftover left = tree_describe_rest(attempt->slot->tree);
    if (left.count > 0) {
        attempt->runner->runs_leaving++;
        log_line(attempt->runner->log, LOG_WARNING, "%s left %zu process%s (%s), which %s ended",
                 attempt->run->name, left.count, left.count == 1 ? "" : "es", text_get(&left.names),
                 left.count == 1 ? "was" : "were");
    }
    leftover_free(&left);
}

static void signal_rest(struct attempt *attempt, bool spares_group)
{
    if (!tree_signal_rest(attempt->slot->tree, SIGTERM, spares_group))
        linger_tell_of_foreign(attempt);
}

static void end_rest(struct attempt *attempt)
{
    if (attempt->state == ATTEMPT_TERMINATING)
        signal_rest(attempt, true);
    else if (attempt->state == ATTEMPT_RUNNING)
        attempt_follow_deadline(attempt);
    else
        clear(attempt);
}

static void on_process_end(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    struct attempt *attempt = handle->data;
    struct rusage usage;
    int wait_status = 0;
    const char *group = tree_memory_group(attempt->slot->tree);
    if (wait4(attempt->pid, &wait_status, WNOHANG, &usage) != attempt->pid)
        return;
    attempt->not_executed = launch_end(attempt->runner->launcher, attempt->birth);
    attempt->birth = NULL;
    note_status(attempt, wait_status, &usage);
    note_times(attempt);
    attempt->killed_by_kernel = wait_status != 0 && oom_look_at_slot(group, &attempt->oom);
    uv_poll_stop(&attempt->exit);
    if (tree_end(attempt->slot->tree, on_tree_gone, attempt))
        on_tree_gone(attempt);
    else
        end_rest(attempt);
}

/* Ends the attempt for the runner, which stops, while processes of it execute. */
static void abandon(struct attempt *attempt)
{
    uv_poll_stop(&attempt->exit);
    tree_abandon(attempt->slot->tree);
    if (!attempt->ended) {
        attempt->end.exit_status = -1;
        attempt->end.signal = SIGKILL;
        note_times(attempt);
    }
    on_tree_gone(attempt);
}

static void on_time_over(struct attempt *attempt)
{
    if (attempt->state == ATTEMPT_TERMINATING) {
        attempt_kill(attempt);
    } else if (attempt->ended) {
        tell_of_rest(attempt);
        clear(attempt);
    } else {
        attempt->timed_out = config_meta(attempt->runner->config)->timeout;
        attempt_terminate(attempt);
    }
}

static void on_deadline(uv_timer_t *timer)
{
    struct attempt *attempt = timer->data;
    if (attempt->state > ATTEMPT_TERMINATING) {
        tree_kill(attempt->slot->tree); /* what could not be killed before may have changed its user */
        if (linger_look(attempt))
            abandon(attempt);
        return;
    }
    if (deadline_is_overtaken(attempt))
        return;
    deadline_forgive(attempt);
    if (deadline_seconds_left(attempt) > 0)
        attempt_follow_deadline(attempt);
    else
        on_time_over(attempt);
}

void attempt_terminate(struct attempt *attempt)
{
    if (attempt->state != ATTEMPT_RUNNING)
        return;
    attempt->state = ATTEMPT_TERMINATING;
    attempt->told_to_end = clock_monotonic();
    attempt->cut_short = true;
    if (attempt->ended) {
        signal_rest(attempt, false);
    } else {
        if (!tree_signal(attempt->slot->tree, SIGTERM))
            linger_tell_of_foreign(attempt);
        tree_signal(attempt->slot->tree, SIGCONT); /* a stopped process could not obey */
    }
    attempt_follow_deadline(attempt);
}

void attempt_kill(struct attempt *attempt)
{
    if (attempt->state >= ATTEMPT_CLEARING)
        return;
    attempt->cut_short = true;
    if (attempt->ended) {
        clear(attempt);
        return;
    }
    attempt->state = ATTEMPT_KILLING;
    kill_tree(attempt);
}

void attempt_pause(struct attempt *attempt)
{
    attempt->paused = clock_monotonic();
    if (attempt->state <= ATTEMPT_TERMINATING)
        uv_timer_stop(&attempt->deadline);
}

void attempt_resume(struct attempt *attempt)
{
    attempt->started += clock_monotonic() - attempt->paused;
    attempt->told_to_end += clock_monotonic() - attempt->paused;
    attempt->paused = 0;
    attempt_follow_deadline(attempt);
}

static void watch(struct runner *runner, struct attempt *attempt)
{
    uv_timer_init(&runner->loop, &attempt->deadline);
    uv_poll_init(&runner->loop, &attempt->exit, attempt->pidfd);
    attempt->deadline.data = attempt->exit.data = attempt;
    attempt->open_handles = 2;
    uv_poll_start(&attempt->exit, UV_READABLE, on_process_end);
    attempt_follow_deadline(attempt);
}

static struct attempt *new_attempt(struct runner *runner, struct slot *slot, struct run *run)
{
    struct attempt *attempt = memory_new(1, sizeof *attempt);
    attempt->runner = runner;
    attempt->slot = slot;
    attempt->run = run;
    attempt->end.start_time = clock_wall();
    run->gpu_id = slot->gpu_id;
    run->slot_index = slot->index;
    snprintf(run->slot, sizeof run->slot, "%s", slot->name);
    run->attempt++;
    return attempt;
}

struct run *attempt_withdraw(struct attempt *attempt)
{
    struct run *run = attempt->run;
    store_withdraw_run(run);
    run->attempt--;
    attempt->run = NULL;
    return run;
}

struct run *attempt_take_run(struct attempt *attempt)
{
    struct run *run = attempt->run;
    attempt->run = NULL;
    return run;
}

static void begin(struct attempt *attempt, const struct launched *launched)
{
    struct slot *slot = attempt->slot;
    attempt->pid = launched->pid;
    attempt->pidfd = launched->pidfd;
    attempt->birth = launched->birth;
    attempt->started = clock_monotonic();
    attempt->end.idle_ns = slot->free_since ? attempt->started - slot->free_since : -1;
    slot->idle_ns += slot->free_since ? attempt->end.idle_ns : 0;
    slot->attempts++;
    slot->attempt = attempt;
    tree_begin(slot->tree, launched);
    oom_note(&attempt->runner->oom, tree_memory_group(slot->tree), &attempt->oom);
    watch(attempt->runner, attempt);
}

bool attempt_start(struct runner *runner, struct slot *slot, struct run *run, struct error *err)
{
    struct launched launched;
    struct attempt *attempt = new_attempt(runner, slot, run);
    if (store_prepare_run(runner->store, run, err) && launch(attempt, &launched, err)) {
        begin(attempt, &launched);
        return true;
    }
    (void)(err->is_of_run ? attempt_take_run(attempt) : attempt_withdraw(attempt));
    free_attempt(attempt);
    return false;
}

void attempt_remake_directory(struct attempt *attempt)
{
    struct error ignored;
    if (access(attempt->run->directory, F_OK) < 0)
        store_prepare_run(attempt->runner->store, attempt->run, &ignored);
}

void attempt_each(const struct runner *runner, void (*visit)(struct attempt *attempt))
{
    for (size_t i = 0; i < runner->slots.all.count; i++)
        if (runner->slots.all.items[i]->attempt)
            visit(runner->slots.all.items[i]->attempt);
}
