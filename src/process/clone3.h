/* clone3(2) for a child that borrows its parent's memory, as vfork's does, on a stack of its own. The C
 * library has no such function, and clone(2) can put no child into a control group. */
#pragma once
#include <linux/sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * CLONE_VM | CLONE_PIDFD | CLONE_CLEAR_SIGHAND: handlers are reset, what is ignored stays so. Until the child
 * has executed a program or has ended it shares even the thread-local variables of its parent, errno among
 * them, and so must call nothing of the C library.
 *
 * child      runs in the child and must not return
 * stack      its lowest byte; `size` bytes
 * cgroup_fd  the folder of the cgroup v2 that it begins in; -1: the caller's
 * waits      CLONE_VFORK: returns once the child has executed a program or has ended, else at once
 * *pidfd     gets a file that is readable when the child has ended
 *
 * Returns its pid, or -1 with errno set; ENOSYS or EINVAL where kernel or processor have no way.
 */
pid_t clone3_child(int (*child)(void *argument), void *argument, void *stack, size_t size, int cgroup_fd,
                   bool waits, int *pidfd);

/*
 * clone3(2) by itself, with a struct clone_args of CLONE_VM | CLONE_VFORK and no stack: it returns in the
 * child, on the stack of the parent, which waits, and when the child has ended once more in the parent. The
 * child must not return from the function that called this. Returns 0, the child's pid, or a negative errno;
 * -ENOSYS where kernel or processor have no way.
 */
__attribute__((returns_twice)) long clone3_and_return(const struct clone_args *args, size_t size);
