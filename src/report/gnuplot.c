#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"

enum { patience_ms = 60000 };

/* The script and gnuplot's messages are in memory files, not in pipes, so that nobody has to write and read
 * at the same time. */
struct job {
    int script, picture, messages;
};

static void close_job(struct job *job)
{
    file_close_fd(&job->script);
    file_close_fd(&job->picture);
    file_close_fd(&job->messages);
}

static bool open_job(struct job *job, const struct text *script, struct error *err)
{
    job->script = memfd_create("furcate-plot", MFD_CLOEXEC);
    job->messages = memfd_create("furcate-plot-messages", MFD_CLOEXEC);
    if (job->script < 0 || job->messages < 0 || !file_write_all(job->script, script->data, script->len) ||
        lseek(job->script, 0, SEEK_SET) < 0)
        return error_system(err, errno, "cannot hand gnuplot its data");
    return true;
}

/* -d: without the user's own ~/.gnuplot, which could change the picture. */
static int spawn(const struct job *job, pid_t *pid)
{
    char *argv[] = {"gnuplot", "-d", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe;
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, job->script, 0);
    posix_spawn_file_actions_adddup2(&actions, job->picture, 1);
    posix_spawn_file_actions_adddup2(&actions, job->messages, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &pipe);
    int number = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return number;
}

/* Waits for the process to exit, and kills it when it takes too long. Returns its wait status; a process that
 * is not waited for here (SIGCHLD ignored) counts as one that exited well. */
static int wait_for(pid_t pid)
{
    CLEANUP(file_close_fd) int process = pidfd_open(pid, 0);
    struct pollfd exit = {.fd = process, .events = POLLIN};
    int ready;
    do
        ready = process < 0 ? 1 : poll(&exit, 1, patience_ms);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0)
        kill(pid, SIGKILL);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* What gnuplot said, on one line; `out` holds 1024 bytes. */
static void read_messages(int messages, char *out)
{
    ssize_t got = pread(messages, out, 1023, 0);
    size_t len = 0;
    for (ssize_t i = 0; i < got; i++) {
        bool space = ascii_is_space(out[i]) || !out[i];
        if (!space)
            out[len++] = out[i];
        else if (len > 0 && out[len - 1] != ' ')
            out[len++] = ' ';
    }
    out[len] = '\0';
}

static bool judge(const char *path, const struct job *job, int status, struct error *err)
{
    struct stat picture = {0};
    char messages[1024];
    if (status == 0 && fstat(job->picture, &picture) == 0 && picture.st_size > 0)
        return true;
    read_messages(job->messages, messages);
    if (WIFSIGNALED(status))
        return error_set(err, ERROR_SYSTEM, "cannot plot %s: gnuplot was killed by signal %d: %s", path,
                         WTERMSIG(status), messages);
    return error_set(err, ERROR_SYSTEM, "cannot plot %s: gnuplot made no picture (exit status %d): %s", path,
                     WEXITSTATUS(status), messages);
}

static bool draw(const char *path, const struct job *job, struct error *err)
{
    pid_t pid;
    int number = spawn(job, &pid);
    int status = number == 0 ? wait_for(pid) : 0;
    /* Where posix_spawnp() cannot say so at once, as under valgrind, the status does. */
    if (number == ENOENT || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        return error_set(err, ERROR_SYSTEM,
                         "cannot plot %s: gnuplot is not on PATH; install it (Debian: gnuplot-nox)", path);
    if (number != 0)
        return error_system(err, number, "cannot plot %s: cannot run gnuplot", path);
    return judge(path, job, status, err);
}

bool report_gnuplot(const char *path, const struct text *script, struct error *err)
{
    const char *name;
    CLEANUP(close_job) struct job job = {-1, -1, -1};
    CLEANUP(file_close_fd) int folder = folder_open_of(path, &name);
    CLEANUP(memory_free) char *beside = text_format("%s.new", name);
    job.picture = folder < 0 ? -1 : folder_make_file(folder, beside);
    if (job.picture < 0)
        return folder_error(err, errno, "cannot write %s", path);
    if (open_job(&job, script, err) && draw(path, &job, err)) {
        if (renameat(folder, beside, folder, name) == 0)
            return true;
        folder_error(err, errno, "cannot write %s", path);
    }
    unlinkat(folder, beside, 0);
    return false;
}
