#include "device/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/path.h"

enum { most_output = 256 * 1024 };

/* The child leads a process group of its own, so that it can be killed with all it started. */
static int spawn(char *const argv[], int out, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, out, 2);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    int number = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return number;
}

/* Adds what is in the pipe without waiting. Returns whether more may come. */
static bool drain(int in, struct text *output)
{
    char block[4096];
    for (;;) {
        ssize_t got = read(in, block, sizeof block);
        if (got == 0 || (got < 0 && errno != EINTR))
            return got < 0 && errno == EAGAIN;
        if (got > 0)
            text_add_bytes(output, block, (size_t)got);
        if (output->len > most_output)
            return true;
    }
}

/* Gathers output until the process has exited. The pipe's end says little: a process can close its stdout and
 * stay, or exit and leave a child that holds it. Only without a pidfd (process -1) it has to do. */
static bool gather(int in, int process, int limit_ms, struct text *output)
{
    int64_t deadline = clock_monotonic() + (int64_t)limit_ms * 1000000;
    struct pollfd waited[] = {{.fd = process, .events = POLLIN}, {.fd = in, .events = POLLIN}};
    for (;;) {
        int64_t left = deadline - clock_monotonic();
        if (left <= 0 || output->len > most_output)
            return false;
        if (poll(waited, 2, (int)(left / 1000000) + 1) < 0 && errno != EINTR)
            return false;
        if (!drain(in, output))
            waited[1].fd = -1;
        if (waited[0].revents || (process < 0 && waited[1].fd < 0))
            return true;
    }
}

/* Returns the first lines of what it printed, which say why it failed. free() them. */
static char *first_words(const char *printed)
{
    enum { most_bytes = 200 };
    struct text words = {0};
    for (const char *c = printed; *c && words.len < most_bytes; c++) {
        if (*c != '\n')
            text_add_char(&words, ascii_is_printable(*c) ? *c : '?');
        else if (c[strspn(c, "\n")])
            text_add(&words, words.len && c[1] != '\n' ? "; " : "");
    }
    return text_take(&words);
}

/* Tells a program that is not there from a script whose interpreter is not: the kernel has one error for
 * both. */
static bool not_executed(const char *program, struct error *err)
{
    CLEANUP(memory_free) char *path = path_find_program(program);
    if (path)
        return error_set(err, ERROR_SYSTEM,
                         "cannot run %s: it is on PATH, but the interpreter that it names is missing",
                         program);
    error_set(err, ERROR_SYSTEM, "%s is not on PATH", program);
    err->number = ENOENT;
    return false;
}

static bool fails(const char *program, const char *how, int number, const char *printed, struct error *err)
{
    CLEANUP(memory_free) char *words = first_words(printed);
    return error_set(err, ERROR_SYSTEM, "%s %s %d%s%s", program, how, number, *words ? ": " : "", words);
}

static bool judge(const char *program, bool in_time, size_t len, const char *printed, int status,
                  struct error *err)
{
    if (len > most_output)
        return error_set(err, ERROR_SYSTEM, "%s printed more than %d KiB and was killed", program,
                         most_output / 1024);
    if (!in_time)
        return error_set(err, ERROR_SYSTEM, "%s did not answer in time and was killed", program);
    if (WIFSIGNALED(status))
        return fails(program, "was killed by signal", WTERMSIG(status), printed, err);
    if (WEXITSTATUS(status) == 127 && !*printed) /* where posix_spawnp() cannot say it, as under valgrind */
        return not_executed(program, err);
    if (WEXITSTATUS(status) != 0)
        return fails(program, "failed with exit status", WEXITSTATUS(status), printed, err);
    return true;
}

/* A process that is not waited for here (SIGCHLD ignored) counts as one that exited well. */
static int reap(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

bool device_command(char *const argv[], int limit_ms, struct text *output, struct error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_system(err, errno, "cannot run %s", argv[0]);
    CLEANUP(file_close_fd) int in = ends[0];
    CLEANUP(file_close_fd) int out = ends[1];
    pid_t pid;
    int number = spawn(argv, out, &pid);
    if (number == ENOENT)
        return not_executed(argv[0], err);
    if (number != 0)
        return error_system(err, number, "cannot run %s", argv[0]);

    file_close_fd(&out);
    fcntl(in, F_SETFL, O_NONBLOCK);
    CLEANUP(file_close_fd) int process = pidfd_open(pid, 0);
    size_t before = output->len;
    bool in_time = gather(in, process, limit_ms, output);
    if (!in_time)
        kill(-pid, SIGKILL); /* its leader is not reaped yet, so the group's number is still its own */
    return judge(argv[0], in_time, output->len - before, text_get(output) + before, reap(pid), err);
}
