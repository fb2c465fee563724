/* One runner a log dir: a lock on furcate.lock, which holds the runner's pid. */
#pragma once
#include <stdint.h>

#include "base/error.h"

/* Takes the lock. Returns the file to keep open, or -1 with err set, naming the runner that has the lock.
 * *now_ns gets the time by the file system's clock, in nanoseconds since 1970. */
int store_lock(const char *directory, int64_t *now_ns, struct error *err);
