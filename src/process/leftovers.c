#include "process/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/token.h"
#include "process/cgroup.h"
#include "process/children.h"
#include "process/guard.h"
#include "process/runner_group.h"

enum { patience_ms = 10000, most_rounds = 100, most_ancestors = 10000 };

/* --- who is looked for --- */

struct search {
    char *entry;        /* of an environment: the token */
    uint64_t start;     /* none of them is older */
    struct pids spared; /* this process and its ancestors */
    pid_t session;      /* of this process: whatever is in it was not started by a run, which gets its own */
};

static struct search begin_search(const struct dead_runner *runner)
{
    struct search search = {.start = runner->start, .session = getsid(0)};
    struct proc_stat stat;
    search.entry = text_format(RUNNER_VARIABLE "=%s", runner->token);
    for (pid_t pid = getpid(); pid > 0 && search.spared.count < most_ancestors; pid = stat.parent) {
        vector_push(&search.spared, pid);
        if (!proc_read_stat(pid, &stat))
            break;
    }
    return search;
}

static void end_search(struct search *search)
{
    free(search->entry);
    vector_free(&search->spared);
}

/* Entries of an environment end in NUL. */
static bool has_entry(const struct text *environment, const char *entry)
{
    for (const char *at = environment->data, *end = at + environment->len; at && at < end;
         at += strlen(at) + 1)
        if (strcmp(at, entry) == 0)
            return true;
    return false;
}

static bool is_marked(pid_t pid, const char *entry)
{
    CLEANUP(memory_free) char *path = text_format("/proc/%ld/environ", (long)pid);
    CLEANUP(text_free) struct text environment = {0};
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && file_read_fd(fd, SIZE_MAX, &environment) && has_entry(&environment, entry);
}

static bool may_be_ended(const struct search *search, pid_t pid)
{
    struct proc_stat stat;
    return !pids_have(&search->spared, pid) && proc_read_stat(pid, &stat) && stat.state != 'Z' &&
           stat.start >= search->start && stat.session != search->session;
}

/* --- their end --- */

/* One of the processes that are to be ended. Its pidfd stays with it when the pid comes again. */
struct target {
    pid_t pid;
    int pidfd; /* -1: there can be none */
};

struct targets {
    struct target *items;
    size_t count, capacity;
};

static bool has_target(const struct targets *targets, pid_t pid)
{
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].pid == pid)
            return true;
    return false;
}

static bool send_signal(const struct target *target, int number)
{
    if (pidfd_send_signal(target->pidfd, number, NULL, 0) == 0)
        return true;
    return errno != ESRCH && kill(target->pid, number) == 0;
}

/* Stops it, so that it makes no more children. Its parent is stopped, or `entry` is looked for again once the
 * pidfd is there: the process is still the one that was found. */
static void stop_process(const struct search *search, pid_t pid, const char *entry, struct targets *targets)
{
    struct target target = {pid, pidfd_open(pid, 0)};
    bool is_it = !has_target(targets, pid) && may_be_ended(search, pid) && (!entry || is_marked(pid, entry));
    if (is_it && send_signal(&target, SIGSTOP))
        vector_push(targets, target);
    else
        file_close_fd(&target.pidfd);
}

static void stop_children(const struct search *search, pid_t parent, struct targets *targets)
{
    struct pids children = {0};
    children_list(parent, &children);
    for (size_t i = 0; i < children.count; i++)
        stop_process(search, children.items[i], NULL, targets);
    vector_free(&children);
}

/* An environment is read last, as its process may be stuck in a way that keeps whoever reads it waiting. */
static void stop_marked(const struct search *search, struct targets *targets)
{
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && may_be_ended(search, pid) && is_marked(pid, search->entry))
            stop_process(search, pid, search->entry, targets);
    }
    if (processes)
        closedir(processes);
}

static void kill_and_wait(struct targets *targets, int64_t until)
{
    for (size_t i = 0; i < targets->count; i++)
        send_signal(&targets->items[i], SIGKILL);
    for (size_t i = 0; i < targets->count; i++) {
        struct pollfd end = {targets->items[i].pidfd, POLLIN, 0};
        if (end.fd >= 0)
            poll(&end, 1, clock_ms_until(until));
        file_close_fd(&targets->items[i].pidfd);
    }
    vector_free(targets);
}

/* Returns how many it found. */
static size_t end_marked(const struct search *search, int64_t until)
{
    struct targets targets = {0};
    stop_marked(search, &targets);
    for (size_t i = 0; i < targets.count; i++)
        stop_children(search, targets.items[i].pid, &targets);
    size_t found = targets.count;
    kill_and_wait(&targets, until);
    return found;
}

/* Returns how many processes were in it. */
static size_t end_group(const char *group)
{
    struct pids pids = {0};
    cgroup_list(group, &pids);
    size_t count = pids.count;
    vector_free(&pids);
    cgroup_end(group, patience_ms);
    return count;
}

int leftovers_end(const struct dead_runner *runner)
{
    int64_t until = clock_monotonic() + (int64_t)patience_ms * 1000000;
    size_t count = 0, found = 1;
    if (!token_is_well_formed(runner->token) || !proc_is_own())
        return 0;
    if (runner_group_is_of(runner->group, runner->guardian, runner->token))
        count += end_group(runner->group);
    struct search search = begin_search(runner);
    /* Again, for those that were forked meanwhile. */
    for (int round = 0; found > 0 && round < most_rounds && clock_monotonic() < until; round++)
        count += found = end_marked(&search, until);
    end_search(&search);
    return (int)count;
}
