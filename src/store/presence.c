/* A log dir that is deleted, moved or replaced while a runner works in it: made anew, or left to whoever has
 * it now. Known by the lock: the file at its path is no longer the one that is locked. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/internal.h"
#include "store/reconcile.h"

bool store_is_present(const struct store *store)
{
    struct stat held, there;
    if (store->is_adrift)
        return false;
    if (fstat(store->lock.fd, &held) < 0 || stat(store->lock_path, &there) < 0)
        return errno != ENOENT && errno != ENOTDIR; /* else the disk may be what fails */
    return file_is_same(&held, &there);
}

static bool take_anew(struct store *store, struct error *err)
{
    bool only_lock = log_is_in_place(store->log);
    if (!store_take_log_dir(store, err))
        return false;
    store->is_adrift = true;
    store->was_replaced |= !only_lock;
    log_move(store->log);
    if (only_lock)
        log_line(store->log, LOG_WARNING,
                 "furcate.lock had been deleted from %s, and was made anew; let it be, it keeps a second "
                 "runner out",
                 store->directory);
    else
        log_line(
            store->log, LOG_WARNING,
            "The log dir %s was deleted, moved or replaced: going on in the one there is now, with what ends "
            "from now on; what finished before and has no row there runs again at the next start",
            store->directory);
    return true;
}

/* Lets the runs of a database that was just made be judged by their times at the next start, as after any
 * other. */
static bool note_time(struct store *store, struct error *err)
{
    int64_t known_ns;
    return store_database_fact(store->database, FACT_RECONCILED, &known_ns, err) &&
           (known_ns >= 0 ||
            store_database_put_fact(store->database, FACT_RECONCILED, store->lock.now_ns, err));
}

/* Opens the files that are at the paths now, in place of those that are open. */
static bool open_anew(struct store *store, struct error *err)
{
    CLEANUP(memory_free) char *path = file_join(store->directory, "furcate.db");
    CLEANUP(memory_free) char *results = memory_copy_text(store->results.path);

    store_database_close(store->database);
    store->database = store_database_open(path, store->log, err);
    if (!store->database)
        return false;
    store_results_close(&store->results);
    if (!store_results_open(&store->results, results, err) || !store_start_anew(store, err) ||
        !store_reconcile_ids(store, err) || !note_time(store, err))
        return false;
    if (!store->config && store->last_config)
        store->config = memory_copy_text(store->last_config);
    store->is_adrift = false;
    store_database_be_quick(store->database);
    return true;
}

bool store_was_replaced(const struct store *store)
{
    return store->was_replaced;
}

bool store_restore(struct store *store, struct error *err)
{
    if (store_is_present(store))
        return true;
    if (!store->is_adrift && !take_anew(store, err))
        return false;
    return open_anew(store, err);
}
