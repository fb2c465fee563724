#include "process/foreign.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/text.h"
#include "base/user.h"
#include "process/leftover.h"

enum { most_named = 3 };

/* Returns whether a process executes and belongs to another user. One that has ended has no command line; one
 * that /proc hides from other users counts as executing. */
static bool is_foreign(pid_t pid)
{
    CLEANUP(text_free) struct text command = {0};
    if (kill(pid, 0) == 0 || errno != EPERM)
        return false;
    return !proc_read_command(pid, &command) || command.len > 0;
}

void foreign_keep(struct pids *pids)
{
    size_t kept = 0;
    for (size_t i = 0; i < pids->count; i++)
        if (is_foreign(pids->items[i]))
            pids->items[kept++] = pids->items[i];
    pids->count = kept;
}

struct pids foreign_find(uint64_t start)
{
    struct pids found = {0};
    DIR *processes = proc_is_own() ? opendir("/proc") : NULL;
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        struct proc_stat stat;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && is_foreign(pid) && proc_read_stat(pid, &stat) && stat.start >= start)
            vector_push(&found, pid);
    }
    if (processes)
        closedir(processes);
    return found;
}

struct pids foreign_of_session(const struct pids *foreign, pid_t session)
{
    struct pids found = {0};
    for (size_t i = 0; i < foreign->count; i++)
        if (getsid(foreign->items[i]) == session)
            vector_push(&found, foreign->items[i]);
    return found;
}

static void add_user(struct text *out, pid_t pid)
{
    struct error ignored;
    CLEANUP(memory_free) char *path = text_format("/proc/%d/status", (int)pid);
    CLEANUP(text_free) struct text status = {0};
    const char *line = file_read(path, &status, &ignored) ? strstr(text_get(&status), "\nUid:") : NULL;
    if (!line) {
        text_add(out, "of another user");
        return;
    }
    CLEANUP(memory_free) char *name = user_name((uid_t)strtoul(line + 5, NULL, 10)); /* the real user */
    text_addf(out, "of user %s", name);
}

static void add_process(struct text *out, pid_t pid)
{
    text_addf(out, "%d (", (int)pid);
    if (leftover_add_command(out, pid))
        text_add(out, ", ");
    add_user(out, pid);
    text_add_char(out, ')');
}

char *foreign_describe(const struct pids *pids, const char *owner)
{
    struct text out = {0};
    bool is_one = pids->count == 1;
    text_add(&out, is_one ? "process " : "processes ");
    for (size_t i = 0; i < pids->count && i < most_named; i++) {
        text_add(&out, i > 0 ? ", " : "");
        add_process(&out, pids->items[i]);
    }
    if (pids->count > most_named)
        text_addf(&out, " and %zu more", pids->count - most_named);
    text_addf(&out, "%s; end %s with 'sudo kill", owner, is_one ? "it" : "them");
    for (size_t i = 0; i < pids->count; i++)
        text_addf(&out, " %d", (int)pids->items[i]);
    text_add(&out, "'");
    return text_take(&out);
}
