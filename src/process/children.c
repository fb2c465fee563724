#include "process/children.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/text.h"

static bool read_text(int folder, const char *name, struct text *content)
{
    CLEANUP(file_close_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && file_read_fd(fd, SIZE_MAX, content);
}

static void add_numbers(const char *numbers, struct pids *pids)
{
    char *end;
    for (long pid; (pid = strtol(numbers, &end, 10)) > 0; numbers = end)
        vector_push(pids, (pid_t)pid);
}

/* False where the kernel was built without these lists, which it keeps for each thread. */
static bool list_by_thread(int threads, const char *thread, struct pids *children)
{
    CLEANUP(memory_free) char *name = text_format("%s/children", thread);
    CLEANUP(text_free) struct text content = {0};
    bool known = read_text(threads, name, &content) || access("/proc/thread-self/children", F_OK) == 0;
    add_numbers(text_get(&content), children);
    return known;
}

static bool list_by_threads(pid_t parent, struct pids *children)
{
    CLEANUP(memory_free) char *path = text_format("/proc/%d/task", (int)parent);
    DIR *threads = opendir(path);
    bool known = true;
    for (struct dirent *entry; known && threads && (entry = readdir(threads));)
        if (entry->d_name[0] != '.')
            known = list_by_thread(dirfd(threads), entry->d_name, children);
    if (threads)
        closedir(threads);
    return known;
}

/* In this process only the first thread launches, and it is the one that gets the orphans. */
static bool list_own(struct pids *children)
{
    CLEANUP(memory_free) char *thread = text_format("/proc/self/task/%d", (int)getpid());
    return list_by_thread(AT_FDCWD, thread, children);
}

/* The field behind the name and the state: "12 (a) b) S 1 …". */
static pid_t parent_in(const char *stat)
{
    const char *name_end = strrchr(stat, ')');
    return name_end && strlen(name_end) > 4 ? (pid_t)strtol(name_end + 4, NULL, 10) : 0;
}

static void list_by_search(pid_t parent, struct pids *children)
{
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        CLEANUP(memory_free) char *name = text_format("%s/stat", entry->d_name);
        CLEANUP(text_free) struct text stat = {0};
        if (pid > 0 && read_text(dirfd(processes), name, &stat) && parent_in(text_get(&stat)) == parent)
            vector_push(children, pid);
    }
    if (processes)
        closedir(processes);
}

void children_list(pid_t parent, struct pids *children)
{
    if (!proc_is_own())
        return;
    if (!(parent == getpid() ? list_own(children) : list_by_threads(parent, children)))
        list_by_search(parent, children);
}

bool pids_have(const struct pids *pids, pid_t pid)
{
    for (size_t i = 0; i < pids->count; i++)
        if (pids->items[i] == pid)
            return true;
    return false;
}

void pids_sift(struct pids *pids, const struct pids *others, bool keeps_common)
{
    size_t kept = 0;
    for (size_t i = 0; i < pids->count; i++)
        if (pids_have(others, pids->items[i]) == keeps_common)
            pids->items[kept++] = pids->items[i];
    pids->count = kept;
}

static void add_children(pid_t parent, struct pids *pids)
{
    struct pids children = {0};
    children_list(parent, &children);
    for (size_t i = 0; i < children.count; i++)
        if (!pids_have(pids, children.items[i]))
            vector_push(pids, children.items[i]);
    vector_free(&children);
}

void descent_add(struct pids *pids)
{
    for (size_t i = 0; i < pids->count; i++)
        add_children(pids->items[i], pids);
}

/* The kernel's list can lack a child when another one is waited for just then, so all are listed again until
 * there was nothing new twice. */
void descent_signal(pid_t program, int number, struct pids *reached)
{
    size_t signalled = 0;
    vector_push(reached, program);
    for (int quiet = 0; quiet < 2; quiet++) {
        for (size_t i = 0; i < reached->count; i++) {
            for (; signalled < reached->count; signalled++, quiet = 0)
                kill(reached->items[signalled], number);
            add_children(reached->items[i], reached);
        }
    }
}

const char *descent_follow(void)
{
    if (!proc_is_own())
        return "/proc is not mounted, or is that of another pid namespace (mount -t proc proc /proc)";
    if (prctl(PR_SET_CHILD_SUBREAPER, 1L) < 0)
        return "furcate may not adopt orphans (let it call prctl(PR_SET_CHILD_SUBREAPER))";
    return NULL;
}

void descent_kill(pid_t top)
{
    struct pids reached = {0};
    descent_signal(top, SIGSTOP, &reached);
    for (size_t i = 0; i < reached.count; i++)
        kill(reached.items[i], SIGKILL);
    vector_free(&reached);
}

bool children_kill(pid_t child)
{
    if (kill(child, SIGKILL) == 0 || errno != EPERM)
        return true;
    descent_kill(child);
    return false;
}

struct reaped children_reap(bool kills, bool (*is_spared)(const void *context, pid_t pid),
                            const void *context)
{
    struct pids children = {0};
    struct reaped reaped = {0};
    children_list(getpid(), &children);
    for (size_t i = 0; i < children.count; i++) {
        pid_t pid = children.items[i];
        if (is_spared(context, pid))
            continue;
        bool refused = kills && !children_kill(pid);
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            reaped.gone++;
            continue;
        }
        reaped.left++;
        reaped.refused += refused;
    }
    vector_free(&children);
    return reaped;
}

/* Adds those that execute. Returns whether one was found that had ended; its own children are this process'
 * only now. */
static bool add_others(bool (*is_spared)(const void *context, pid_t pid), const void *context,
                       struct pids *others)
{
    bool ended = false;
    struct pids children = {0};
    children_list(getpid(), &children);
    for (size_t i = 0; i < children.count; i++) {
        pid_t pid = children.items[i];
        if (is_spared(context, pid))
            continue;
        if (waitpid(pid, NULL, WNOHANG) == pid)
            ended = true;
        else
            vector_push(others, pid);
    }
    vector_free(&children);
    return ended;
}

struct pids children_list_others(bool (*is_spared)(const void *context, pid_t pid), const void *context)
{
    struct pids others = {0};
    while (add_others(is_spared, context, &others))
        others.count = 0;
    return others;
}
