#include "fault.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

static const int errors[CAUSE_COUNT] = {
    [CAUSE_DISK] = ENOSPC,  [CAUSE_READ_ONLY] = EROFS,  [CAUSE_IO] = EIO,
    [CAUSE_FILES] = EMFILE, [CAUSE_PROCESSES] = EAGAIN, [CAUSE_MEMORY] = ENOMEM,
};

static struct fault_page *page; /* NULL: this process is not furcate */
static _Thread_local bool dies; /* with the call under way */

/* By system calls, since what libc has for this is wrapped. */
static struct fault_page *map_page(const char *path)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    long mapped = syscall(SYS_mmap, NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
    close(fd);
    return mapped == -1 ? NULL : (struct fault_page *)mapped;
}

/* The first process that comes is furcate; what it executes is not. */
__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FURCATE_FAULT");
    struct fault_page *mapped = path ? map_page(path) : NULL;
    if (!mapped || __sync_val_compare_and_swap(&mapped->guardian, 0, (uint32_t)getpid()) != 0)
        return;
    fault_watch_clone3();
    page = mapped;
}

void fault_forked(int result)
{
    if (result == 0)
        dies = false;
    else if (page && page->runner == 0)
        page->runner = (uint32_t)result;
}

static void note(const char *call, struct fault_subject subject)
{
    char link[32];
    if (__sync_fetch_and_add(&page->met, 1) > 0)
        return;
    page->limited = (uint32_t)getpid();
    if (getenv("FURCATE_FAULT_TRACE")) {
        void *frames[64];
        backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    }
    snprintf(page->call, sizeof page->call, "%s", call);
    snprintf(link, sizeof link, "/proc/self/fd/%d", subject.fd);
    if (subject.path)
        snprintf(page->subject, sizeof page->subject, "%s", subject.path);
    else if (subject.fd >= 0)
        (void)!syscall(SYS_readlinkat, AT_FDCWD, link, page->subject, sizeof page->subject - 1);
}

static void end(void)
{
    int own = getpid(), other = (int)((uint32_t)own == page->guardian ? page->runner : page->guardian);
    if (page->target != TARGET_CALLER && other > 0)
        kill(other, SIGKILL);
    if (page->target != TARGET_OTHER)
        kill(own, SIGKILL);
}

/* The limit on open files is each process' own. */
static bool is_limited_elsewhere(void)
{
    return page->cause == CAUSE_FILES && page->limited != 0 && page->limited != (uint32_t)getpid();
}

/* Counts the call, and tells whether it is faulty. */
static bool is_due(unsigned causes)
{
    bool due = false;
    for (unsigned i = 0; i < CAUSE_COUNT; i++) {
        if (!(causes & 1U << i))
            continue;
        uint32_t number = __sync_add_and_fetch(&page->counts[i], 1);
        bool later =
            page->mode == MODE_FROM_THEN_ON && number > page->at && !page->lifted && !is_limited_elsewhere();
        due |= page->at > 0 && i == page->cause && (number == page->at || later);
    }
    return due;
}

/* Files of /proc and of control groups are on no disk. */
static unsigned possible(unsigned causes, struct fault_subject subject)
{
    static const unsigned of_disk = 1 << CAUSE_TEAR | 1 << CAUSE_DISK | 1 << CAUSE_READ_ONLY | 1 << CAUSE_IO;
    struct statfs info;
    bool is_path = subject.path && (subject.fd < 0 || subject.path[0] == '/');
    if (!(causes & of_disk))
        return causes;
    bool is_kernels = is_path
                          ? strncmp(subject.path, "/proc/", 6) == 0 || strncmp(subject.path, "/sys/", 5) == 0
                          : syscall(SYS_fstatfs, subject.fd, &info) == 0 &&
                                (info.f_type == PROC_SUPER_MAGIC || info.f_type == CGROUP2_SUPER_MAGIC);
    return is_kernels ? causes & ~of_disk : causes;
}

/* A call that may meet something else at a path than the one before it can be held there. */
static unsigned with_hold(unsigned causes)
{
    static const unsigned of_paths = 1 << CAUSE_KILL | 1 << CAUSE_DISK | 1 << CAUSE_READ_ONLY | 1 << CAUSE_IO;
    return causes & of_paths ? causes | 1 << CAUSE_HOLD : causes;
}

static void hold(void)
{
    static const struct timespec pause = {.tv_nsec = 1000 * 1000};
    int before = errno;
    while (!__atomic_load_n(&page->lifted, __ATOMIC_ACQUIRE))
        syscall(SYS_nanosleep, &pause, NULL);
    errno = before;
}

enum fault_verdict fault_enter(unsigned causes, const char *call, struct fault_subject subject)
{
    if (!page || !is_due(with_hold(possible(causes, subject))))
        return FAULT_NONE;
    note(call, subject);
    if (page->cause == CAUSE_HOLD) {
        hold();
        return FAULT_NONE;
    }
    if (page->mode == MODE_BEFORE)
        end();
    dies = page->mode == MODE_AFTER;
    if (page->cause == CAUSE_SHORT || page->cause == CAUSE_TEAR)
        return FAULT_HALVE;
    errno = errors[page->cause];
    return dies || page->mode == MODE_BEFORE ? FAULT_NONE : FAULT_FAIL;
}

void fault_leave(void)
{
    if (dies)
        end();
    dies = false;
}
