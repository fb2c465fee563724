#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
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

/* Reads fields of proc_pid_stat(5) from the third on; the second, the name, may hold anything: "12 (a) b) S 1
 * …". */
static bool parse_stat(const char *text, struct proc_stat *stat)
{
    enum { state = 3, parent = 4, session = 6, start = 22 };
    uint64_t fields[start + 1] = {0};
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ' || !at[2])
        return false;
    stat->state = at[2];
    at += 3;
    for (int i = state + 1; i <= start; i++) {
        char *end;
        fields[i] = strtoull(at, &end, 10); /* a negative one wraps, and is not asked for */
        if (end == at)
            return false;
        at = end;
    }
    stat->parent = (pid_t)fields[parent];
    stat->session = (pid_t)fields[session];
    stat->start = fields[start];
    return true;
}

bool proc_read_stat(pid_t pid, struct proc_stat *stat)
{
    char path[64], text[2048] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    CLEANUP(file_close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && read(fd, text, sizeof text - 1) > 0 && parse_stat(text, stat);
}

bool proc_read_command(pid_t pid, struct text *words)
{
    struct error ignored;
    CLEANUP(memory_free) char *path = text_format("/proc/%d/cmdline", (int)pid);
    return file_read(path, words, &ignored);
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
