#include "process/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    threads = 4, /* of libuv's pool, unless UV_THREADPOOL_SIZE says otherwise */
    /* lock, log, database, table, event loop, and what starts, commits and reloads open for a moment */
    files_of_runner = 40,
    files_at_least = 27, /* without much of that at once */
    stack_kib_at_least = 128,
    files_of_slot = 4, /* the process, its control group, that group's events, and its end */
};

bool limits_check_stack(struct error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur >= (rlim_t)stack_kib_at_least * 1024)
        return true;
    return error_set(
        err, ERROR_SYSTEM,
        "the stack of this process may be no larger than %llu KiB, and furcate needs %d (raise the "
        "limit, ulimit -s)",
        (unsigned long long)limit.rlim_cur / 1024, stack_kib_at_least);
}

static void *wait_at(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* Returns why no thread could be made: pthread_create() gives EAGAIN also where there is no memory for its
 * stack. */
static int explain_thread(int number)
{
    pthread_attr_t attributes;
    size_t size = 0;
    if (number != EAGAIN || pthread_getattr_default_np(&attributes) != 0)
        return number;
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED)
        return ENOMEM;
    munmap(stack, size);
    return number;
}

static bool check_threads(struct error *err)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t made[threads];
    int count = 0, number = 0;
    pthread_mutex_lock(&gate); /* so that all are there together */
    while (count < threads && (number = pthread_create(&made[count], NULL, wait_at, &gate)) == 0)
        count++;
    if (count < threads)
        number = explain_thread(number); /* while the others have theirs */
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < count; i++)
        pthread_join(made[i], NULL);
    return count == threads || error_system(err, number, "cannot make the threads that the runner needs");
}

static void raise_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit); /* what came of it is looked at later */
}

/* The open files with numbers below the limit. */
static size_t count_open(size_t limit)
{
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.' && strtoull(entry->d_name, NULL, 10) < limit;
    if (folder)
        closedir(folder);
    return count;
}

size_t limits_files(void)
{
    struct rlimit limit;
    bool is_limited = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return is_limited ? limit.rlim_cur : SIZE_MAX;
}

size_t limits_slots(void)
{
    size_t limit = limits_files(), taken = count_open(limit) + files_of_runner;
    size_t slots = limit > taken ? (limit - taken) / files_of_slot : 0;
    return slots > 0 ? slots : 1;
}

static bool check_files(struct error *err)
{
    size_t limit = limits_files(), least = count_open(limit) + files_at_least;
    return limit >= least ||
           error_set(
               err, ERROR_SYSTEM,
               "this process may open no more than %zu files, and the runner needs %zu (raise the limit, "
               "ulimit -n)",
               limit, least);
}

/* Tries the calls without which libuv aborts, or leaves a handle half made: a container may refuse them. */
static bool check_loop(struct error *err)
{
    int ends[2], on = 1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return error_system(err, errno, "cannot make a pipe, which the event loop needs");
    bool is_set = ioctl(ends[0], FIONBIO, &on) == 0;
    int number = errno;
    close(ends[0]);
    close(ends[1]);
    return is_set ||
           error_system(err, number, "cannot set a file to non-blocking, which the event loop needs");
}

bool limits_open(struct error *err)
{
    raise_files();
    return check_files(err) && check_threads(err) && check_loop(err);
}
