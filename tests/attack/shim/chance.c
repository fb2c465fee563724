/*
 * LD_PRELOAD, with the calls of ../../fault/calls.c: below the folder FURCATE_TEST any call of furcate may
 * fail, as a network, a quota or a dying disk makes it. The shared page (test_file_systems.py) says how often
 * and by which error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../fault/fault.h"

struct page {
    uint32_t causes; /* of fault.h, as bits: which calls may fail */
    uint32_t error;  /* 0: half of the bytes are read or written */
    uint32_t per_mille;
    uint32_t nth; /* not 0: only that call */
    uint32_t seed;
    uint32_t lifted; /* not 0: nothing fails any more */

    uint32_t guardian; /* its pid */
    uint32_t calls, met;
    char only[16]; /* "": any call, else the beginning of its name */
};

static struct page *page; /* NULL: this process is not furcate */
static char root[4096];
static size_t root_len;

/* By system calls, since what libc has for this is wrapped. */
__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FURCATE_CHANCE"), *folder = getenv("FURCATE_TEST");
    if (!path || !folder)
        return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    long mapped = syscall(SYS_mmap, NULL, sizeof *page, 3 /* read, write */, 1 /* shared */, fd, 0L);
    syscall(SYS_close, fd);
    struct page *shared = (struct page *)mapped;
    if (mapped == -1 || !__sync_bool_compare_and_swap(&shared->guardian, 0, (uint32_t)getpid()))
        return;
    root_len = (size_t)snprintf(root, sizeof root, "%s/", folder);
    page = shared;
}

/* Returns whether this call fails, by its number (splitmix64, Steele et al. 2014). */
static bool is_due(uint32_t number)
{
    if (page->nth > 0)
        return number == page->nth;
    uint64_t z = ((uint64_t)page->seed << 32 | number) * 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return (z ^ z >> 31) % 1000 < page->per_mille;
}

static bool is_below_root(struct fault_subject subject)
{
    char link[32], target[4096] = "";
    if (subject.path && (subject.path[0] == '/' || subject.fd < 0))
        return subject.path[0] != '/' || strncmp(subject.path, root, root_len) == 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", subject.fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof target - 1);
    return len > 0 && strncmp(target, root, root_len) == 0;
}

enum fault_verdict fault_enter(unsigned causes, const char *call, struct fault_subject subject)
{
    if (!page || page->lifted || !(causes & page->causes) ||
        strncmp(call, page->only, strnlen(page->only, sizeof page->only)) != 0 || !is_below_root(subject) ||
        !is_due(__sync_add_and_fetch(&page->calls, 1)))
        return FAULT_NONE;
    __sync_fetch_and_add(&page->met, 1);
    if (page->error == 0)
        return FAULT_HALVE;
    errno = (int)page->error;
    return FAULT_FAIL;
}

void fault_leave(void)
{
}

void fault_forked(int result)
{
    (void)result;
}
