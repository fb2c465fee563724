/* The child processes of this process, as the kernel lists them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/vector.h"

struct pids {
    pid_t *items;
    size_t count, capacity;
};

/* Adds the children of a process, those that have ended and were not waited for included. A process that is
 * gone has none; nor has any where /proc does not show this process' pid namespace. vector_free() the list.
 */
void children_list(pid_t parent, struct pids *children);
bool pids_have(const struct pids *pids, pid_t pid);
/* Keeps those that are among the others, or those that are not. */
void pids_sift(struct pids *pids, const struct pids *others, bool keeps_common);

/* Makes this process adopt orphans, so that descendants stay below it. Returns NULL; or why they cannot be
 * followed, and what to do about it. */
const char *descent_follow(void);
/* Adds the descendants of the processes in the list. */
void descent_add(struct pids *pids);
/* Sends a signal to a program and its descendants, and adds all to `reached`, which is empty. Each gets it
 * before its children are listed, so that a stopped one makes no more. */
void descent_signal(pid_t program, int number, struct pids *reached);

/* Kills a process and its descendants, all of which are stopped first. */
void descent_kill(pid_t top);

/* Kills a child, whose own children are orphans then. Where this process may not kill it, kills its
 * descendants instead, and returns false. */
bool children_kill(pid_t child);

/* Returns the children of this process that execute, without those that are spared; waits for those that have
 * ended. vector_free() the list. */
struct pids children_list_others(bool (*is_spared)(const void *context, pid_t pid), const void *context);

struct reaped {
    size_t gone, left; /* that were waited for, and that are yet to end */
    size_t refused;    /* of those that are left: this process may not kill them */
};
/* Waits for the children of this process that have ended, but for those that are spared, having killed them
 * if `kills`; what is below one that may not be killed is killed too. The children of those that went are
 * this process' own now, if it adopts orphans, and count at the next call. */
struct reaped children_reap(bool kills, bool (*is_spared)(const void *context, pid_t pid),
                            const void *context);
