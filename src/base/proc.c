#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

bool proc_is_own(void)
{
    char self[32] = "";
    return readlink("/proc/self", self, sizeof self - 1) > 0 && strtol(self, NULL, 10) == getpid();
}

/* Reads the fields after the name, which may hold anything: "12 (a) b) S 1 …". */
static bool parse_stat(const char *text, struct proc_stat *stat)
{
    int parent, session;
    const char *name_end = strrchr(text, ')');
    if (!name_end || sscanf(name_end + 1,
                            " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
                            "%" SCNu64,
                            &stat->state, &parent, &session, &stat->start) != 4)
        return false;
    stat->parent = parent;
    stat->session = session;
    return true;
}

bool proc_read_stat(pid_t pid, struct proc_stat *stat)
{
    char path[64], text[2048] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, text, sizeof text - 1) > 0 && parse_stat(text, stat);
}

uint64_t proc_start(pid_t pid)
{
    struct proc_stat stat;
    return proc_is_own() && proc_read_stat(pid, &stat) ? stat.start : 0;
}

bool proc_has_ended(pid_t pid, uint64_t start)
{
    struct proc_stat stat;
    if (kill(pid, 0) < 0 && errno == ESRCH)
        return true;
    if (!proc_is_own() || !proc_read_stat(pid, &stat))
        return false;
    return stat.state == 'Z' || stat.state == 'X' || (start && stat.start != start);
}
