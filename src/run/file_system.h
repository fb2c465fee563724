/* Which file systems tell of their changes. */
#pragma once
#include <stdbool.h>

/* Whether inotify tells of every change in a file system of this type (f_type of statfs(2)): a local one
 * does; one over a network tells of what this machine changes only. An unknown one is taken not to. */
bool file_system_tells(long type);
