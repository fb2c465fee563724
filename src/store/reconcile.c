#include "store/reconcile.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/internal.h"
#include "store/known.h"
#include "store/reconcile_found.h"
#include "store/rowless.h"

static void note_open(void *context, int64_t id, const char *directory)
{
    struct reconciliation *work = context;
    number_set_add(&work->open, (uint64_t)id);
    number_set_add(&work->open_directories, store_known_hash(directory, strlen(directory)));
}

static void note_row(void *context, int64_t id)
{
    struct reconciliation *work = context;
    work->rows++;
    if (work->open.count > 0 && number_set_has(&work->open, (uint64_t)id))
        vector_push(&work->late, id);
}

/* Repairs the last line, which a crash may have torn, or an editor left without its end. */
static bool repair_end(struct reconciliation *work, struct error *err)
{
    struct store *store = work->store;
    if (work->known.is_torn) {
        log_line(store->log, LOG_WARNING, "%s: cut off a torn last line, which a crash had left",
                 store->results.path);
        return store_results_cut(&store->results, work->known.torn_start, err);
    }
    return !work->known.has_open_end || store_results_end_line(&store->results, err);
}

static bool read_rows(struct reconciliation *work, struct error *err)
{
    struct store *store = work->store;
    if (!store_database_open_runs(store->database, note_open, work, err) ||
        !store_known_read(&work->known, &store->results, note_row, work, err))
        return false;
    work->highest_id = work->known.highest_id;
    if (!repair_end(work, err))
        return false;
    store_gone_begin(&store->gone, &store->results, work->rows);
    return true;
}

static unsigned char type_of(const struct reconciliation *work, const struct dirent *entry)
{
    struct stat info;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    CLEANUP(memory_free) char *path = file_join(work->store->directory, entry->d_name);
    return lstat(path, &info) == 0 ? (unsigned char)IFTODT(info.st_mode) : DT_UNKNOWN;
}

/* Passes over a link: it may lead out of the log dir. */
static void pass_over_link(struct reconciliation *work, const char *base_name)
{
    bool was_open = number_set_has(&work->open_directories, store_known_hash(base_name, strlen(base_name)));
    log_line(
        work->store->log, was_open ? LOG_WARNING : LOG_DEBUG,
        "%s/%s is a symbolic link, and furcate follows none within a log dir%s", work->store->directory,
        base_name,
        was_open
            ? ", so that its run begins again in a new folder; put the folder itself there, and it goes on"
            : "");
}

static bool may_be_run(struct reconciliation *work, const struct dirent *entry)
{
    unsigned char type = type_of(work, entry);
    bool is_new = (type == DT_DIR || type == DT_UNKNOWN || type == DT_LNK) && entry->d_name[0] != '.' &&
                  !store_known_has_directory(&work->known, entry->d_name);
    if (is_new && type == DT_LNK)
        pass_over_link(work, entry->d_name);
    return is_new && type != DT_LNK;
}

/* NULL at the end, with errno 0, and on failure. */
static struct dirent *next_entry(DIR *folder)
{
    errno = 0;
    return readdir(folder);
}

static bool look_at_entries(struct reconciliation *work, DIR *folder, struct error *err)
{
    struct dirent *entry;
    while ((entry = next_entry(folder)))
        if (may_be_run(work, entry) && !store_found_look_at(work, entry->d_name, err))
            return false;
    return errno == 0 || error_system(err, errno, "cannot list the log dir %s", work->store->directory);
}

static bool look_at_directories(struct reconciliation *work, struct error *err)
{
    DIR *folder = opendir(work->store->directory);
    if (!folder)
        return error_system(err, errno, "cannot list the log dir %s", work->store->directory);
    bool looked = look_at_entries(work, folder, err);
    closedir(folder);
    return looked;
}

static bool set_next_id(struct reconciliation *work, struct error *err)
{
    struct store *store = work->store;
    int64_t highest, next;
    if (!store_database_highest_id(store->database, &highest, err) ||
        !store_database_fact(store->database, FACT_NEXT_ID, &next, err))
        return false;
    if (highest < work->highest_id)
        highest = work->highest_id;
    store->next_id = next > highest && next <= STORE_HIGHEST_ID ? next : highest + 1;
    return store->next_id <= STORE_HIGHEST_FIRST_ID ||
           error_set(
               err, ERROR_SYSTEM,
               "a run in %s has the id %lld, and furcate has hardly any ids after that one; set log_dir "
               "to another folder",
               store->directory, (long long)store->next_id - 1);
}

static bool put_removed(struct reconciliation *work, struct error *err)
{
    for (size_t i = 0; i < work->removed.count; i++) {
        const struct record *record = work->removed.items[i];
        CLEANUP(memory_free) char *base_name = file_base_name(record->directory);
        struct run_entry run = {record->id, record->name, record->label, base_name, record->state};
        if (!store_database_put_run(work->store->database, &run, err))
            return false;
    }
    return true;
}

/* Last of all: from here on what is complete counts as having had its row. */
static bool remember(struct reconciliation *work, struct error *err)
{
    struct database *database = work->store->database;
    if (!database)
        return true; /* found damaged just now, and set aside */
    if (!store_database_begin(database, err))
        return false;
    bool put = put_removed(work, err) &&
               store_database_put_fact(database, FACT_NEXT_ID, work->store->next_id, err) &&
               (work->now_ns == 0 || store_database_put_fact(database, FACT_RECONCILED, work->now_ns, err));
    for (size_t i = 0; put && i < work->late.count; i++)
        put = store_database_finish(database, work->late.items[i], err);
    if (put)
        return store_database_commit(database, err);
    store_database_rollback(database);
    return false;
}

static void end(struct reconciliation *work)
{
    for (size_t i = 0; i < work->removed.count; i++)
        store_record_free(work->removed.items[i]);
    vector_free(&work->removed);
    vector_free(&work->late);
    number_set_free(&work->open);
    number_set_free(&work->open_directories);
    store_known_free(&work->known);
    store_merged_free(&work->merged);
}

/* Rows of runs that are found here belong into the table here: where the log dir has moved meanwhile, the
 * start begins again (store_open). */
static bool write_rows(struct store *store, struct error *err)
{
    if (!store_is_present(store))
        return error_set(err, ERROR_SYSTEM, "the log dir %s was deleted, moved or replaced",
                         store->directory);
    return store_write_pending(store, err);
}

static bool bring_in_line(struct reconciliation *work, struct error *err)
{
    struct store *store = work->store;
    if (!store_database_fact(store->database, FACT_RECONCILED, &work->last_ns, err) ||
        !store_database_fact(store->database, FACT_NEXT_ID, &work->first_later, err))
        return false;
    work->without_database = work->first_later < 0;
    return read_rows(work, err) && look_at_directories(work, err) && set_next_id(work, err) &&
           store_found_take_merged(work, err) && write_rows(store, err) && remember(work, err);
}

bool store_reconcile(struct store *store, int64_t now_ns, struct error *err)
{
    struct reconciliation work = {.store = store, .now_ns = now_ns};
    bool done = bring_in_line(&work, err);
    if (done)
        store_rowless_tell(store->log, &work.removed);
    end(&work);
    return done;
}

bool store_reconcile_ids(struct store *store, struct error *err)
{
    struct reconciliation work = {.store = store};
    int64_t own = store->next_id;
    bool done = read_rows(&work, err) && set_next_id(&work, err);
    if (store->next_id < own)
        store->next_id = own;
    end(&work);
    return done;
}
