/* Starting one process, at a cost that does not grow with the runner. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct launcher;
struct birth; /* private */

/* NULL with err set when there is no /dev/null. */
struct launcher *launcher_create(struct error *err);
void launcher_destroy(struct launcher *launcher);

struct launch {
    const char *path; /* of the executable; no search */
    char *const
        *argv; /* argv[-1] must be writable too: a script without "#!" is given to /bin/sh, as execvp does */
    char *const *envp;
    int output, errors; /* become stdout and stderr; stdin is /dev/null */
    int cgroup;         /* folder of the control group it is to begin in; -1: none */
    bool waits;         /* until the program is executed, or cannot be */
    int inherits;       /* a file that stays open in it, above 2; 0: none */
};

struct launched {
    pid_t pid;
    int pidfd; /* readable when the process has ended; the caller closes it */
    bool in_cgroup;
    struct birth *birth; /* for launch_end() */
};

/*
 * The child is a session and process group of its own, dies with the calling thread (PR_SET_PDEATHSIG), has
 * default signal handlers (this process ignores no further signal after its first launch), the limit on open
 * files that was there when the launcher was created, and no open files but its three and what it inherits.
 * Where it cannot begin in the control group it adopts the orphans among its descendants instead
 * (PR_SET_CHILD_SUBREAPER), as the first process of a container does.
 *
 * The child borrows this process' memory until it executes the program, so that nothing is copied, and runs
 * beside it: path, argv and envp must stay as they are until launch_end(). The files may be closed at once.
 * Returns false when no process can be made (ERROR_SYSTEM) or, if it `waits`, when the program cannot be
 * executed (ERROR_CONFIG).
 */
bool launch_process(struct launcher *launcher, const struct launch *launch, struct launched *launched,
                    struct error *err);
/* To be called once for each launched process, when it has ended and was waited for, or once it executes its
 * program, if that is known. Returns 0, or the error number that kept it from executing its program, so that
 * it ended at once. A NULL birth is that of a fork of a running program: 0. */
int launch_end(struct launcher *launcher, struct birth *birth);
/* "cannot execute PATH: …", ERROR_CONFIG; returns false. */
bool launch_explain(const char *path, int number, struct error *err);
