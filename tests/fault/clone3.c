/*
 * furcate starts its attempts by a clone3 of its own, past libc. A seccomp filter turns that very system call
 * into SIGSYS, whose handler counts it, and makes it anew in a form that the filter lets pass: with a larger
 * struct, whose further bytes are zero (clone(2)). Calls of clone3 from elsewhere, as libc's for threads, are
 * not touched; nor are the attempts', which inherit the filter but not the place of furcate in memory.
 */
#include "fault.h"

#if defined __x86_64__
#include <errno.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum { causes = 1 << CAUSE_KILL | 1 << CAUSE_FILES | 1 << CAUSE_PROCESSES, syscall_size = 2 };

static struct {
    struct clone_args args;
    char zeros[8];
} larger;

static void on_clone3(int number, siginfo_t *info, void *context)
{
    (void)number;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (info->si_syscall != SYS_clone3)
        return;
    int before = errno;
    if (fault_enter(causes, "clone3", ABOUT_NOTHING) == FAULT_FAIL) {
        registers[REG_RAX] = -errno;
    } else {
        memcpy(&larger.args, (const void *)registers[REG_RDI], sizeof larger.args);
        registers[REG_RAX] = SYS_clone3;
        registers[REG_RDI] = (greg_t)&larger;
        registers[REG_RSI] = sizeof larger;
        registers[REG_RIP] -= syscall_size;
    }
    errno = before;
}

/* The code of furcate and of libfurcate. */
struct ranges {
    struct {
        uint64_t start, end;
    } items[2];
    size_t count;
};

static int add_code(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    struct ranges *ranges = context;
    bool is_ours = object->dlpi_name[0] == '\0' || strstr(object->dlpi_name, "/libfurcate.so");
    for (size_t i = 0; is_ours && i < object->dlpi_phnum && ranges->count < 2; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        uint64_t start = object->dlpi_addr + part->p_vaddr;
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        ranges->items[ranges->count].start = start;
        ranges->items[ranges->count++].end = start + part->p_memsz;
    }
    return 0;
}

#define FIELD(name) (uint32_t) offsetof(struct seccomp_data, name)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP(test, value, yes, no) BPF_JUMP(BPF_JMP | test | BPF_K, (uint32_t)(value), yes, no)

/* Traps clone3 with a struct of the usual size from that code. */
static void install(uint64_t start, uint64_t end)
{
    struct sock_filter program[] = {
        LOAD(FIELD(nr)),
        JUMP(BPF_JEQ, SYS_clone3, 0, 8),
        LOAD(FIELD(args[1])),
        JUMP(BPF_JEQ, sizeof(struct clone_args), 0, 6),
        LOAD(FIELD(instruction_pointer) + 4),
        JUMP(BPF_JEQ, start >> 32, 0, 4),
        LOAD(FIELD(instruction_pointer)),
        JUMP(BPF_JGE, start & UINT32_MAX, 0, 2),
        JUMP(BPF_JGT, end & UINT32_MAX, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof program / sizeof *program, program};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

void fault_watch_clone3(void)
{
    struct ranges ranges = {0};
    struct sigaction action = {.sa_sigaction = on_clone3, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, NULL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    dl_iterate_phdr(add_code, &ranges);
    for (size_t i = 0; i < ranges.count; i++)
        if (ranges.items[i].start >> 32 == ranges.items[i].end >> 32)
            install(ranges.items[i].start, ranges.items[i].end);
}
#else
void fault_watch_clone3(void)
{
}
#endif
