#include "run/warm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "run/runner.h"

enum { warming_ms = 120000, most_crashes = 3 };

static const int64_t second_ns = 1000000000;

/* One server that was started. */
struct warm_process {
    struct runner *runner;
    struct server server;
    uv_poll_t note, exit;
    int open_handles;
    off_t output_from; /* where its output begins in the log */
};

static void change(struct warm *warm, enum warm_state state)
{
    warm->state = state;
}

static const struct config_meta *meta_of(const struct runner *runner)
{
    return config_meta(runner->config);
}

static char *log_path(const struct runner *runner)
{
    return file_join(store_directory(runner->store), "furcate-server.log");
}

/* --- the end of a server --- */

static void free_when_closed(uv_handle_t *handle)
{
    struct warm_process *process = handle->data;
    if (--process->open_handles > 0)
        return;
    file_close_fd(&process->server.socket);
    file_close_fd(&process->server.launched.pidfd);
    free(process);
}

static void on_tree_gone(void *context)
{
    struct warm_process *process = context;
    struct runner *runner = process->runner;
    uv_close((uv_handle_t *)&process->note, free_when_closed);
    uv_close((uv_handle_t *)&process->exit, free_when_closed);
    runner->warm.process = NULL;
    change(&runner->warm, runner->warm.next);
    runner->run_ready(runner);
}

static void drop(struct runner *runner, enum warm_state next)
{
    struct warm *warm = &runner->warm;
    uv_timer_stop(&warm->patience);
    warm->next = next;
    change(warm, warm->process ? WARM_ENDING : next);
    if (warm->process)
        tree_kill(warm->tree);
}

/* Runs are spawned from now on. Who wants forks expressly is warned. */
__attribute__((format(printf, 2, 3))) static void give_up(struct runner *runner, const char *format, ...)
{
    CLEANUP(text_free) struct text why = {0};
    va_list args;
    va_start(args, format);
    text_addv(&why, format, args);
    va_end(args);
    runner->warm.start = meta_of(runner)->start;
    log_line(runner->log, runner->warm.start == START_FORK ? LOG_WARNING : LOG_INFO,
             "Runs are spawned, not forked: %s", text_get(&why));
    drop(runner, WARM_FAILED);
}

static void count_crash(struct runner *runner, const char *what)
{
    struct warm *warm = &runner->warm;
    if (++warm->crashes >= most_crashes) {
        give_up(runner, "%s, %d times in a row", what, most_crashes);
        return;
    }
    int64_t seconds = warm->crashes - 1;
    log_line(runner->log, LOG_INFO, "%s: warming it again; what executes goes on", what);
    warm->not_before = clock_monotonic() + seconds * second_ns;
    drop(runner, WARM_COLD);
}

static char *describe_end(int status)
{
    if (WIFSIGNALED(status))
        return text_format("signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    return text_format("exit status %d", WEXITSTATUS(status));
}

/* The last line that it has written, which says what the others lead to; free() it. */
static char *read_last_line(const struct warm_process *process)
{
    CLEANUP(memory_free) char *path = log_path(process->runner);
    CLEANUP(file_close_fd) int fd = folder_open_file(AT_FDCWD, path, O_RDONLY);
    CLEANUP(text_free) struct text output = {0};
    if (fd >= 0 && lseek(fd, process->output_from, SEEK_SET) >= 0)
        file_read_fd(fd, 1 << 20, &output);
    CLEANUP(memory_free) char *tail = store_error_tail(text_get(&output));
    const char *line = strrchr(tail, '\n');
    return memory_copy_text(line ? line + 1 : tail);
}

static void note_early_end(struct warm_process *process, const char *end)
{
    CLEANUP(memory_free) char *tail = read_last_line(process), *path = log_path(process->runner);
    if (*tail)
        give_up(process->runner, "the fork server ended before it was warm (%s); %s ends with: %s", end, path,
                tail);
    else
        give_up(process->runner, "the program ended before it asked to be forked (%s)", end);
}

static void on_server_exit(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct warm_process *process = handle->data;
    struct runner *runner = process->runner;
    struct warm *warm = &runner->warm;
    int wait_status = 0;
    if (waitpid(process->server.launched.pid, &wait_status, WNOHANG) != process->server.launched.pid)
        return;
    uv_poll_stop(&process->exit);
    uv_poll_stop(&process->note);
    CLEANUP(memory_free) char *end = describe_end(wait_status);
    CLEANUP(memory_free) char *what = text_format("The fork server has ended (%s)", end);
    if (warm->state == WARM_WARMING)
        note_early_end(process, end);
    else if (warm->state == WARM_READY)
        count_crash(runner, what);
    if (tree_end(warm->tree, on_tree_gone, process))
        on_tree_gone(process);
    else
        tree_kill(warm->tree);
}

/* --- warming --- */

static void note_sources(struct edited *edited, const struct text *sources)
{
    for (const char *path = sources->data; path && path < sources->data + sources->len;
         path += strlen(path) + 1)
        edited_note(edited, path);
}

/* A fork that lacks threads may hang, or lose what they do; only the program's author knows. */
static bool may_lack_threads(struct runner *runner, const char *owner)
{
    if (!owner[0])
        return true;
    if (meta_of(runner)->start == START_FORK) {
        log_line(runner->log, LOG_WARNING,
                 "Runs lack the threads of %s that the program started before it was to become one", owner);
        return true;
    }
    give_up(runner,
            "the program started threads of %s before it was to become a run, which a fork lacks; start them "
            "later, or write \"start\": \"fork\" if its runs do without",
            owner);
    return false;
}

/* Returns whether a module was edited when the server may have imported it already. Once: a script may write
 * its own.
 */
static bool is_stale(struct warm *warm, const char **edited)
{
    *edited = warm->again ? NULL : edited_find_newer(&warm->edited, warm->begun_wall);
    warm->again = *edited;
    return *edited;
}

static void be_ready(struct runner *runner, unsigned threads)
{
    const char *edited;
    if (is_stale(&runner->warm, &edited)) {
        log_line(runner->log, LOG_INFO, "%s was edited meanwhile: warming the fork server again", edited);
        drop(runner, WARM_COLD);
        return;
    }
    change(&runner->warm, WARM_READY);
    log_line(runner->log, LOG_DEBUG, "The fork server is warm after %.2f s, and has %u thread%s",
             clock_seconds_since(runner->warm.begun), threads, threads == 1 ? "" : "s");
}

static void on_note(uv_poll_t *handle, int status, int events)
{
    (void)status, (void)events;
    struct warm_process *process = handle->data;
    struct runner *runner = process->runner;
    struct server_note note;
    CLEANUP(text_free) struct text sources = {0};
    uv_poll_stop(handle);
    if (!server_read_note(&process->server, &note, &sources) || runner->warm.state != WARM_WARMING)
        return; /* its end is told by the other */
    uv_timer_stop(&runner->warm.patience);
    note_sources(&runner->warm.edited, &sources);
    if (note.version != SERVER_VERSION) {
        give_up(runner,
                "the program has another version of furcate than this one, which is " FURCATE_VERSION);
    } else if (note.gpu[0]) {
        give_up(runner,
                "the program opened a GPU (%s) before it was to become a run, and a fork cannot use it",
                note.gpu);
    } else if (note.pool[0]) {
        give_up(
            runner,
            "the program started threads of %s before it was to become a run, and a fork would wait for them "
            "in vain; compute nothing before that",
            note.pool);
    } else if (may_lack_threads(runner, note.others)) {
        be_ready(runner, note.threads);
    }
    runner->run_ready(runner);
}

static void on_patience_over(uv_timer_t *timer)
{
    struct runner *runner = timer->data;
    if (runner->paused) {
        uv_timer_start(timer, on_patience_over, warming_ms, 0);
        return;
    }
    CLEANUP(memory_free) char *path = log_path(runner);
    give_up(runner, "the program did not ask to be forked within %d s; its output is in %s",
            warming_ms / 1000, path);
    runner->run_ready(runner);
}

static void watch(struct runner *runner, struct warm_process *process)
{
    struct warm *warm = &runner->warm;
    warm->process = process;
    uv_poll_init(&runner->loop, &process->note, process->server.socket);
    uv_poll_init(&runner->loop, &process->exit, process->server.launched.pidfd);
    process->note.data = process->exit.data = process;
    process->open_handles = 2;
    uv_poll_start(&process->note, UV_READABLE, on_note);
    uv_poll_start(&process->exit, UV_READABLE, on_server_exit);
    uv_timer_start(&warm->patience, on_patience_over, warming_ms, 0);
    warm->begun = clock_monotonic();
    warm->begun_wall = clock_wall();
    change(warm, WARM_WARMING);
}

static bool launch_server(struct runner *runner, int output, struct server *server, struct error *err)
{
    struct warm *warm = &runner->warm;
    int threads = runner->slots.devices.count ? 0 : slots_threads(&runner->slots);
    CLEANUP(memory_free) char *program = command_find_program(runner->command, runner->config, NULL, err);
    if (!program)
        return false;
    char **arguments = command_server_arguments(runner->command, runner->options->preload);
    char **environment = environment_for_server(runner->environment, threads, runner->options->random_state);
    if (!warm->tree)
        warm->tree = tree_create(&runner->trees);
    trees_adopt(&runner->trees);
    edited_renew(&warm->edited); /* the modules of before: one of them may keep it from getting warm */
    for (char **word = arguments; *word; word++)
        edited_note(&warm->edited, *word);
    struct launch launch = {
        .path = program,
        .argv = arguments,
        .envp = environment,
        .output = output,
        .errors = output,
        .cgroup = tree_prepare(warm->tree),
    };
    bool started = server_start(runner->launcher, &launch, server, err);
    if (started)
        tree_begin(warm->tree, &server->launched);
    command_free_arguments(arguments);
    free(environment);
    return started;
}

static bool start_server(struct runner *runner, struct error *err)
{
    CLEANUP(memory_free) char *path = log_path(runner);
    CLEANUP(file_close_fd) int output = folder_open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND);
    struct stat info = {0};
    struct server server;
    if (output < 0)
        return folder_error(err, errno, "cannot open %s", path);
    fstat(output, &info);
    if (!launch_server(runner, output, &server, err))
        return false;
    struct warm_process *process = memory_new(1, sizeof *process);
    *process = (struct warm_process){.runner = runner, .server = server, .output_from = info.st_size};
    watch(runner, process);
    log_line(runner->log, LOG_INFO, "Warming the fork server; its output is in %s", path);
    return true;
}

/* --- for the runner --- */

static bool can_serve(const struct runner_options *options)
{
    return options->can_serve || options->preload;
}

static bool is_wanted(const struct runner *runner)
{
    enum config_start start = meta_of(runner)->start;
    return start == START_FORK || (start == START_AUTO && can_serve(runner->options));
}

static void begin(struct runner *runner)
{
    struct warm *warm = &runner->warm;
    struct error err = {0};
    if (runner->options->use != CONFIG_FOR_FORK && !can_serve(runner->options))
        give_up(runner,
                "start is 'fork', which needs a Fork program, or --preload MODULES for a Python script");
    else if (start_server(runner, &err))
        return;
    else if (err.may_pass) /* the run will meet with the same, and wait for it */
        warm->not_before = clock_monotonic() + second_ns;
    else
        give_up(runner, "%s", err.text);
}

static void follow_edits(struct runner *runner)
{
    struct warm *warm = &runner->warm;
    const char *edited = edited_find(&warm->edited);
    if (warm->state == WARM_READY && edited) {
        log_line(runner->log, LOG_INFO, "%s was edited: warming the fork server again", edited);
        drop(runner, WARM_COLD);
    } else if (warm->state == WARM_FAILED && (edited || warm->start != meta_of(runner)->start)) {
        warm->crashes = 0;
        change(warm, WARM_COLD);
    }
}

void warm_up(struct runner *runner)
{
    struct warm *warm = &runner->warm;
    if (is_wanted(runner)) {
        follow_edits(runner);
        if (warm->state == WARM_COLD && clock_monotonic() >= warm->not_before)
            begin(runner);
    } else if (warm->state == WARM_READY || warm->state == WARM_WARMING) {
        drop(runner, WARM_COLD);
    }
}

bool warm_holds(const struct warm *warm)
{
    return warm->state == WARM_WARMING || (warm->state == WARM_ENDING && warm->next == WARM_COLD);
}

bool warm_launch(struct runner *runner, const struct run *run, const struct launch *launch,
                 struct launched *launched)
{
    struct warm *warm = &runner->warm;
    struct error err = {0};
    if (warm->state != WARM_READY)
        return false;
    if (server_fork(&warm->process->server, launch, runner->cwd, launched, &err)) {
        warm->crashes = 0;
        return true;
    }
    CLEANUP(memory_free)
    char *what = text_format("The fork server did not start Thread %lld, which is spawned (%s)",
                             (long long)run->id, err.text);
    if (err.may_pass)
        log_line(runner->log, LOG_DEBUG, "%s", what);
    else
        count_crash(runner, what);
    return false;
}

void warm_open(struct runner *runner)
{
    uv_timer_init(&runner->loop, &runner->warm.patience);
    runner->warm.patience.data = runner;
}

bool warm_end(struct runner *runner)
{
    struct warm *warm = &runner->warm;
    if (warm->process && warm->state != WARM_ENDING)
        drop(runner, WARM_COLD);
    return !warm->process;
}

void warm_close(struct warm *warm)
{
    uv_close((uv_handle_t *)&warm->patience, NULL);
}

void warm_free(struct warm *warm)
{
    edited_clear(&warm->edited);
}
