/* Starting one process, at a cost that does not grow with the runner. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct launcher;

/* NULL with err set when the kernel gives no memory for the child's stack. */
struct launcher *launcher_create(struct error *err);
void launcher_destroy(struct launcher *launcher);

struct launch {
    const char *path; /* of the executable; no search */
    char *const
        *argv; /* argv[-1] must be writable too: a script without "#!" is given to /bin/sh, as execvp does */
    char *const *envp;
    int output, errors; /* become stdout and stderr; stdin is /dev/null */
    int cgroup;         /* folder of the control group it is to begin in; -1: none */
};

struct launched {
    pid_t pid; /* also its session and process group */
    int pidfd; /* readable when the process has ended; the caller closes it */
    bool in_cgroup;
};

/*
 * The child is a session and process group of its own, dies with the calling thread (PR_SET_PDEATHSIG), has
 * default signal handlers, the limit on open files that was there when the launcher was created, and no open
 * files but its three. Where it cannot begin in the control group it
 * adopts the orphans among its descendants instead (PR_SET_CHILD_SUBREAPER), as the first process of a
 * container does. CLONE_VM | CLONE_VFORK: the child borrows this process' memory until it executes the
 * program, so that nothing is copied. Returns false with ERROR_CONFIG when the program itself cannot be
 * executed, ERROR_SYSTEM when no process can be made.
 */
bool launch_process(struct launcher *launcher, const struct launch *launch, struct launched *launched,
                    struct error *err);
