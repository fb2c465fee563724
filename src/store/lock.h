/*
 * One runner a log dir: a lock on furcate.lock (F_OFD_SETLK, of the open file, which several processes can
 * hold together). The file says who has it: a line each for the runner's pid, its guardian's, and its control
 * group. A runner that ends in peace empties it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/store.h"

struct store_lock {
    int fd;          /* -1: not locked */
    int64_t now_ns;  /* the time by the file system's clock, since 1970 */
    bool was_killed; /* the runner before did not end in peace */
    char *group;     /* its control group; "" when it had none */
};

/*
 * Takes the lock. While one of the processes that have it is dead the others are ending what it left: then it
 * waits. Returns false with err set: ERROR_LOCKED names the runner that has the lock.
 *
 * holder  whose pids and group are written down; NULL: this process alone
 */
bool store_lock(struct store_lock *lock, const char *directory, const struct store_holder *holder,
                struct error *err);
/* Lets go of it. */
void store_unlock(struct store_lock *lock);
