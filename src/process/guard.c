#include "process/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"
#include "base/text.h"
#include "base/token.h"
#include "process/cgroup.h"
#include "process/children.h"
#include "process/foreign.h"
#include "process/ignored.h"
#include "process/message.h"
#include "process/runner_group.h"

#if defined __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

enum { patience_ms = 10000 };

/* What the runner tells its guardian; a byte, some with an open file. */
enum message { MESSAGE_STARTED = 'S', MESSAGE_LOCK = 'L', MESSAGE_PAUSED = 'P' };

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGCHLD};
enum { PASSED_ON = sizeof passed_on / sizeof *passed_on };

static volatile pid_t guarding_thread; /* for the signal handler */

struct guardian {
    pid_t own, runner;
    struct sigaction actions[PASSED_ON]; /* of the signals, as they were before */
    int channel, signals;
    int lock;     /* -1: the runner has none yet */
    int detached; /* to be written to once the runner is ready; -1: not detached */
    char token[TOKEN_SIZE];
    char *group;        /* see struct guard */
    struct pids before; /* children that are not the runner's */
    int status;         /* of the runner, as waitpid(2) gives it */
};

/* --- messages --- */

static void send_message(int channel, char message, int fd)
{
    message_send(channel, &message, 1, &fd, fd >= 0); /* a guardian that is gone is noticed elsewhere */
}

/* Returns the message, with its file in *fd, or -1; 0 when the other end is closed. */
static char receive_message(int channel, int *fd)
{
    char message = 0;
    int files[MESSAGE_FILES];
    ssize_t got = message_receive(channel, &message, 1, files);
    *fd = files[0];
    return got == 1 ? message : 0;
}

/* --- the guardian --- */

/* No orphan: the runner, and what the caller had already. */
static bool is_spared(const void *context, pid_t pid)
{
    const struct guardian *guardian = context;
    return pid == guardian->runner || pids_have(&guardian->before, pid);
}

static void wait_for_child(int signals, int64_t until)
{
    struct signalfd_siginfo info;
    struct pollfd end = {signals, POLLIN, 0};
    if (poll(&end, 1, clock_ms_until(until)) > 0)
        (void)!read(signals, &info, sizeof info);
}

/* Tells of what the runner has left and this process may not kill either. */
static void tell_of_foreign(const struct guardian *guardian)
{
    struct pids left = children_list_others(is_spared, guardian);
    descent_add(&left);
    foreign_keep(&left);
    CLEANUP(memory_free) char *which = foreign_describe(&left, "");
    if (left.count > 0)
        tell("furcate: left %s\n", which);
    vector_free(&left);
}

/* Kills all that the runner has left, and waits until it is gone. */
static void end_rest(struct guardian *guardian)
{
    int64_t until = clock_monotonic() + (int64_t)patience_ms * 1000000;
    bool gone = !guardian->group || cgroup_end(guardian->group, patience_ms);
    struct reaped orphans = children_reap(true, is_spared, guardian);
    while ((orphans.left > orphans.refused || orphans.gone > 0) && clock_monotonic() < until) {
        if (orphans.gone == 0)
            wait_for_child(guardian->signals, until);
        orphans = children_reap(true, is_spared, guardian);
    }
    if (orphans.refused > 0)
        tell_of_foreign(guardian);
    if (!gone || orphans.left > orphans.refused)
        tell("furcate: processes of the runs were killed and do not end; they may wait for a device or "
             "a file server\n");
}

static void redirect(int fd)
{
    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
}

/* The process that waits for this is gone when the user has interrupted it. */
static void tell_ready(struct guardian *guardian)
{
    if (guardian->detached >= 0 && write(guardian->detached, "", 1) != 1)
        kill(guardian->runner, SIGTERM);
    file_close_fd(&guardian->detached);
}

static void take_message(struct guardian *guardian)
{
    int fd;
    switch (receive_message(guardian->channel, &fd)) {
    case MESSAGE_LOCK:
        file_close_fd(&guardian->lock);
        guardian->lock = fd;
        return;
    case MESSAGE_STARTED:
        tell_ready(guardian);
        redirect(fd);
        break;
    case MESSAGE_PAUSED:
        kill(getpid(), SIGSTOP);
        break;
    default:
        file_close_fd(&guardian->channel);
    }
    file_close_fd(&fd);
}

/* Returns whether the runner has ended. */
static bool take_signal(struct guardian *guardian)
{
    struct signalfd_siginfo info;
    if (read(guardian->signals, &info, sizeof info) != sizeof info)
        return false;
    if (info.ssi_signo != SIGCHLD) {
        kill(guardian->runner, (int)info.ssi_signo);
        return false;
    }
    children_reap(false, is_spared, guardian);
    return waitpid(guardian->runner, &guardian->status, WNOHANG) == guardian->runner;
}

static void watch_over(struct guardian *guardian)
{
    struct pollfd sources[2] = {{guardian->signals, POLLIN, 0}, {guardian->channel, POLLIN, 0}};
    for (bool ended = false; !ended;) {
        sources[1].fd = guardian->channel;
        if (poll(sources, 2, -1) < 0)
            continue;
        if (sources[1].revents)
            take_message(guardian);
        ended = sources[0].revents && take_signal(guardian);
    }
}

/* Of furcate: the runner's, or what its death means. */
static int exit_status(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    int number = WTERMSIG(status);
    if (number != SIGINT && number != SIGTERM && number != SIGHUP) /* those came before it began */
        tell("furcate: the runner was ended by signal %d (%s), and its attempts with it; the same command "
             "goes on where it left off\n",
             number, strsignal(number));
    return 128 + number;
}

static int be_guardian(struct guardian *guardian)
{
    watch_over(guardian);
    guardian->runner = 0;
    end_rest(guardian);
    return exit_status(guardian->status);
}

static void restore_actions(const struct guardian *guardian)
{
    for (size_t i = 0; i < PASSED_ON; i++)
        sigaction(passed_on[i], &guardian->actions[i], NULL);
}

/* --- the runner's end --- */

static void be_runner(struct guardian *guardian, const sigset_t *mask, int channel,
                      int (*work)(struct guard *guard, void *context), void *context)
{
    struct guard guard = {guardian->own, guardian->token, channel, guardian->group, guardian->detached >= 0};
    restore_actions(guardian);
    pthread_sigmask(SIG_SETMASK, mask, NULL);
    file_close_fd(&guardian->signals);
    file_close_fd(&guardian->detached);
    prctl(PR_SET_NAME, "furcate-runner");
    setenv(RUNNER_VARIABLE, guardian->token, 1);
    int status = work(&guard, context);
    fflush(stdout);
    fflush(stderr);
#if defined __SANITIZE_ADDRESS__
    __lsan_do_leak_check();
#endif
    _exit(status);
}

void guard_started(struct guard *guard, int log_fd)
{
    setpgid(0, 0);
    signal(SIGTTOU,
           SIG_IGN); /* the group is in the background now, and writes to the terminal all the same */
    send_message(guard->channel, MESSAGE_STARTED, guard->detached ? log_fd : -1);
    if (guard->detached)
        redirect(log_fd);
}

void guard_share_lock(struct guard *guard, int lock_fd)
{
    send_message(guard->channel, MESSAGE_LOCK, lock_fd);
}

void guard_paused(struct guard *guard)
{
    send_message(guard->channel, MESSAGE_PAUSED, -1);
}

/* --- both --- */

/* The caller may have threads that do not block the signals, and one of which takes them then: it sends them
 * to the thread that reads them. */
static void send_to_guardian(int number)
{
    int before = errno;
    syscall(SYS_tgkill, getpid(), guarding_thread, number);
    errno = before;
}

/* SIGCONT lets a process go on whether it is ignored or not, so it is always heard. */
static bool stays_ignored(int number)
{
    return number != SIGCONT && signal_is_ignored(number);
}

static int block_signals(struct guardian *guardian, sigset_t *before)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < PASSED_ON; i++)
        sigaddset(&set, passed_on[i]);
    if (guardian->detached >= 0)
        signal(SIGHUP, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, it would cost us the exit statuses */
    pthread_sigmask(SIG_BLOCK, &set, before);
    guarding_thread = gettid();
    const struct sigaction action = {.sa_handler = send_to_guardian, .sa_flags = SA_RESTART};
    for (size_t i = 0; i < PASSED_ON; i++)
        sigaction(passed_on[i], stays_ignored(passed_on[i]) ? NULL : &action, &guardian->actions[i]);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static int fork_runner(struct guardian *guardian, int (*work)(struct guard *guard, void *context),
                       void *context)
{
    int ends[2];
    sigset_t mask;
    guardian->own = getpid(); /* the runner could not ask for it once it is killed */
    guardian->signals = block_signals(guardian, &mask);
    token_draw(guardian->token);
    guardian->group = runner_group_path(guardian->own, guardian->token);
    descent_follow(); /* the runner tells where it cannot be */
    children_list(getpid(), &guardian->before);
    fflush(NULL); /* what the two have in their buffers would be written twice */
    bool made = guardian->signals >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
    if (made && (guardian->runner = fork()) == 0) {
        close(ends[0]);
        be_runner(guardian, &mask, ends[1], work, context);
    }
    int status = 2;
    if (made && guardian->runner > 0) {
        close(ends[1]);
        guardian->channel = ends[0];
        status = be_guardian(guardian);
    } else {
        tell("furcate: cannot start the runner: %s\n", strerror(errno));
    }
    prctl(PR_SET_CHILD_SUBREAPER, 0L);
    restore_actions(guardian);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return status;
}

static int run_guarded(int (*work)(struct guard *guard, void *context), void *context, int detached)
{
    struct guardian guardian = {.channel = -1, .signals = -1, .lock = -1, .detached = detached};
    int status = fork_runner(&guardian, work, context);
    file_close_fd(&guardian.channel);
    file_close_fd(&guardian.signals);
    file_close_fd(&guardian.lock);
    file_close_fd(&guardian.detached);
    vector_free(&guardian.before);
    free(guardian.group);
    return status;
}

/* The process that the user started waits until the runner is ready, or has failed to be. */
static int run_detached(int (*work)(struct guard *guard, void *context), void *context)
{
    int started[2], status = 0;
    char byte;
    fflush(NULL);
    pid_t guardian = pipe2(started, O_CLOEXEC) == 0 ? fork() : -1;
    if (guardian < 0) {
        tell("furcate: cannot go to the background: %s\n", strerror(errno));
        return 2;
    }
    if (guardian == 0) {
        close(started[0]);
        setsid();
        _exit(run_guarded(work, context, started[1]));
    }
    close(started[1]);
    bool ready = read(started[0], &byte, 1) == 1;
    close(started[0]);
    if (ready || waitpid(guardian, &status, 0) != guardian)
        return 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int guard_run(int (*work)(struct guard *guard, void *context), void *context, bool detach)
{
    return detach ? run_detached(work, context) : run_guarded(work, context, -1);
}
