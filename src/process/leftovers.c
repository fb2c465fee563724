#include "process/leftovers.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "process/cgroup.h"

enum { patience_ms = 10000, most_rounds = 100 };

/* Entries of an environment end in NUL. */
static bool has_entry(const struct text *environment, const char *begin)
{
    size_t len = strlen(begin);
    for (const char *at = environment->data, *end = at + environment->len; at && at < end;
         at += strlen(at) + 1)
        if (strncmp(at, begin, len) == 0)
            return true;
    return false;
}

static bool belongs(int processes, const char *pid, const char *variable)
{
    CLEANUP(memory_free) char *name = text_format("%s/environ", pid);
    CLEANUP(text_free) struct text environment = {0};
    CLEANUP(file_close_fd) int fd = openat(processes, name, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && file_read_fd(fd, SIZE_MAX, &environment) && has_entry(&environment, variable);
}

static void end_process(pid_t pid, int64_t until)
{
    CLEANUP(file_close_fd) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd end = {pidfd, POLLIN, 0};
    kill(pid, SIGKILL);
    if (pidfd >= 0)
        poll(&end, 1, clock_ms_until(until));
}

/* Returns how many it found. */
static int end_marked(const char *variable, int64_t until)
{
    int found = 0;
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid <= 0 || pid == getpid() || !belongs(dirfd(processes), entry->d_name, variable))
            continue;
        end_process(pid, until);
        found++;
    }
    if (processes)
        closedir(processes);
    return found;
}

int leftovers_end(const char *log_dir, const char *group)
{
    int64_t until = clock_monotonic() + (int64_t)patience_ms * 1000000;
    CLEANUP(memory_free) char *variable = text_format("FURCATE_RUN_DIR=%s/", log_dir);
    int count = 0, found = 1;
    if (*group)
        cgroup_end(group, patience_ms);
    /* Again, for those that were forked meanwhile. */
    for (int round = 0; found > 0 && round < most_rounds && clock_monotonic() < until; round++)
        count += found = end_marked(variable, until);
    return count;
}
