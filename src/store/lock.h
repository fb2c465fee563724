/*
 * One runner a log dir: a lock on furcate.lock (F_OFD_SETLK, of the open file, which several processes can
 * hold together). The file says who has it (holders.h). A runner that ends in peace empties it.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "store/holders.h"
#include "store/store.h"

struct store_lock {
    int fd;         /* -1: not locked */
    int64_t now_ns; /* when it was signed, by the file system's clock, since 1970; 0: it could not be */
    /* The runner before was provably killed, together with its guardian: it worked in this very log dir, not
     * in one that this is a copy of, and pids mean here what they meant to it. */
    bool was_killed;
    struct holders before; /* that runner, and its guardian */
};

/*
 * Takes the lock. While one of the processes that have it is dead the others are ending what it left: then it
 * waits. Returns false with err set: ERROR_LOCKED names the runner that has the lock, and where it executes.
 */
bool store_lock(struct store_lock *lock, const char *directory, struct error *err);
/* Writes down who has it. What the runner before has left must be ended by then, since the file no longer
 * names that one.
 *
 * holder  NULL: this process alone
 */
void store_sign_lock(struct store_lock *lock, const struct store_holder *holder);
/* Lets go of it. */
void store_unlock(struct store_lock *lock);
