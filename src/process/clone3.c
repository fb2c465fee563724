#include "process/clone3.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>

/*
 * The child comes back from the system call with an empty stack, where no C function could return to; so it
 * calls `child` before any C code runs. All other registers are as they were.
 */
#if defined __x86_64__
static long call(const struct clone_args *args, int (*child)(void *), void *argument)
{
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "mov %[argument], %%rdi\n\t"
                     "call *%[child]\n\t"
                     "ud2\n"
                     "1:"
                     : "=a"(result)
                     : "0"((long)SYS_clone3), "D"(args),
                       "S"(sizeof *args), [child] "r"(child), [argument] "r"(argument)
                     : "rcx", "r11", "memory", "cc");
    return result;
}
#elif defined __aarch64__
static long call(const struct clone_args *args, int (*child)(void *), void *argument)
{
    register long number __asm__("x8") = SYS_clone3;
    register long first __asm__("x0") = (long)args;
    register long second __asm__("x1") = sizeof *args;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x0, %[argument]\n\t"
                     "blr %[child]\n\t"
                     "brk #1\n"
                     "1:"
                     : "+r"(first)
                     : "r"(number), "r"(second), [child] "r"(child), [argument] "r"(argument)
                     : "memory", "cc");
    return first;
}
#else
static long call(const struct clone_args *args, int (*child)(void *), void *argument)
{
    (void)args, (void)child, (void)argument;
    return -ENOSYS;
}
#endif

pid_t clone3_child(int (*child)(void *argument), void *argument, void *stack, size_t size, int cgroup_fd,
                   bool waits, int *pidfd) // NOLINT(readability-non-const-parameter): the kernel writes to it
{
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (waits ? CLONE_VFORK : 0),
        .pidfd = (uintptr_t)pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uintptr_t)stack,
        .stack_size = size,
    };
    if (cgroup_fd >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (__u64)cgroup_fd;
    }
    long result = call(&args, child, argument);
    if (result >= 0)
        return (pid_t)result;
    errno = (int)-result;
    return -1;
}

/*
 * The child runs on its parent's stack, which goes on there afterwards: so the address to return to, which
 * the child's calls would overwrite, is kept in a register that the system call leaves alone (as vfork(2) of
 * the GNU C library does).
 */
#if defined __x86_64__
__asm__(".text\n"
        ".globl clone3_and_return\n"
        ".hidden clone3_and_return\n"
        ".type clone3_and_return, @function\n"
        "clone3_and_return:\n\t"
        "pop %rdx\n\t"
        "mov $435, %eax\n\t"
        "syscall\n\t"
        "push %rdx\n\t"
        "ret\n"
        ".size clone3_and_return, . - clone3_and_return\n");
#elif defined __aarch64__
__asm__(".text\n"
        ".globl clone3_and_return\n"
        ".hidden clone3_and_return\n"
        ".type clone3_and_return, %function\n"
        "clone3_and_return:\n\t"
        "mov x8, #435\n\t"
        "svc #0\n\t"
        "ret\n"
        ".size clone3_and_return, . - clone3_and_return\n");
#else
long clone3_and_return(const struct clone_args *args, size_t size)
{
    (void)args, (void)size;
    return -ENOSYS;
}
#endif
