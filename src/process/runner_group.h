/* The name of a runner's control group, and how one that a file names is known to be that. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

/* Names the folder of a runner's group, below the group of this process: furcate-PID-HASH, by the pid of its
 * guardian and a hash of its token, so that no two runners have the same, and nobody can name it who does not
 * know the token. NULL where no cgroup v2 is mounted. free() it. */
char *runner_group_path(pid_t guardian, const char *token);
/* Returns whether a path that a file names leads to the group of that runner, made by this user. Nothing else
 * may be ended, written to or removed on the word of a file. */
bool runner_group_is_of(const char *path, pid_t guardian, const char *token);
