/*
 * Control groups, version 2 (Documentation/admin-guide/cgroup-v2.rst of Linux): a folder is a group of
 * processes, which none of their descendants leaves by forking, daemonising or making a session of its own.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "process/children.h"

/* The folder of the group that this process is in; NULL where no cgroup v2 is mounted. free() it. */
char *cgroup_of_this_process(void);

/* The folder of its group by version 1 for a controller such as "memory"; NULL where that is not mounted.
 * free() it. */
char *cgroup_of_version_1(const char *controller);

/* Makes the folder of a group; the one above it must be there. */
bool cgroup_make(const char *path, struct error *err);
/* Lets the memory used by each group below this one be accounted. False where the system delegates that not.
 */
bool cgroup_count_memory(const char *path);

/* SIGKILL for all processes in the group and below. On Linux 6.18 whatever is cloned into the group
 * afterwards is killed too, so it must not be used again.
 *
 * kill_fd  cgroup.kill, opened before, so that it works also when no more files can be opened; -1: not opened
 */
void cgroup_kill(const char *path, int kill_fd);
/* -1 when that fails, as before Linux 5.14. */
int cgroup_open_kill(const char *path);
/* Adds the processes in the group and below. */
void cgroup_list(const char *path, struct pids *pids);
/* Stops, or lets go on, all processes in the group and below. */
void cgroup_freeze(const char *path, bool frozen);

/* Whether no process lives in the group or below; by its cgroup.events, open in `events_fd`. */
bool cgroup_is_empty(int events_fd);
/* Opens cgroup.events, which poll() says has exceptional data (POLLPRI) when it changes. -1 when that fails.
 */
int cgroup_open_events(const char *path);

/* Removes the group and those below it. False when processes live in it. */
bool cgroup_remove(const char *path);
/* Kills what lives in it, waits until that is gone (`patience_ms` at most), and removes it. A group that is
 * not there is fine. */
bool cgroup_end(const char *path, int patience_ms);
