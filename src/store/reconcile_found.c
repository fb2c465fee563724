#include "store/reconcile_found.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/found_run.h"
#include "store/internal.h"
#include "store/known.h"
#include "store/older.h"
#include "store/original.h"
#include "store/rowless.h"
#include "store/run_data.h"

static struct record *new_record(const struct found_run *found, enum run_state state)
{
    struct run run = {.id = found->id,
                      .name = (char *)found->name,
                      .label = (char *)found->label,
                      .directory = found->directory,
                      .gpu_id = -1};
    return store_record_new(&run, state);
}

static void add_row(struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    struct store *store = work->store;
    struct record *record = new_record(found, RUN_FINISHED);
    record->log_dir = store_log_dir_cell(store, base_name);
    struct row_run who = {found->id, found->name, found->attempts, record->log_dir};
    const struct run_record *whole = found_run_record(found);
    CLEANUP(value_cleanup) struct value *keys = store_run_record_row_keys(whole, &found->results);
    struct row_content content = {keys, whole->gpu_id, whole->meta, found->results.data};
    store_row_make(&record->row, &content, &who);
    record->has_row = true;
    store_add_record(store, record);
}

static void give_row(struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    log_line(work->store->log, LOG_INFO, "%s is complete and had no row in run_data.csv yet; it has one now",
             base_name);
    add_row(work, found, base_name);
}

/* Returns whether a run was complete when the log dir was last brought in line, so that it had its row then.
 * A clock may have been put back since: this decides only about runs that the database lacks although it had
 * the time to get them. */
static bool is_old(const struct reconciliation *work, int64_t complete_ns)
{
    return !work->without_database && complete_ns < work->last_ns;
}

/* Takes up a run that ended well and never had a row, since a crash came before its results were read. */
static void take_unread(struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    struct run names = {.id = found->id,
                        .name = (char *)found->name,
                        .label = (char *)found->label,
                        .directory = found->directory,
                        .attempt = found->attempts,
                        .other_run_data = found->is_other};
    vector_push(&work->store->unread.runs,
                store_unread_restore(found_run_record(found), &found->results, &names));
    log_line(work->store->log, LOG_INFO,
             "%s had ended well when furcate was killed; its results are read now, and it gets its row",
             base_name);
}

/* Settles a run that is complete and has no row: the user deleted the row, or a crash came before it was
 * written. */
static bool settle_complete(struct reconciliation *work, struct found_run *found, const char *base_name,
                            struct error *err)
{
    enum run_state state;
    if (found->id < 0)
        return true;
    if (!store_database_state(work->store->database, found->id, &state, err))
        return false;
    bool had_time = state == RUN_UNKNOWN && found->id < work->first_later;
    if (state == RUN_FINISHED || state == RUN_REMOVED)
        return true;
    if (work->without_database || (had_time && is_old(work, found->complete_ns)))
        vector_push(&work->removed, new_record(found, RUN_REMOVED));
    else
        give_row(work, found, base_name);
    return true;
}

static void note_unfinished(struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    struct unfinished_run run = {found->id, found->attempts, (char *)found->name, (char *)found->label,
                                 (char *)base_name};
    struct value *meanings[RECORD_MEANINGS];
    size_t count = store_older_meanings(&found->identity, meanings);
    for (size_t i = 0; i < count; i++) {
        store_unfinished_put(&work->store->unfinished, meanings[i], &run);
        value_unref(meanings[i]);
    }
}

/* Returns whether there is the NAME.log of a run whose directory would have this name; NAME ends with its id.
 */
static bool has_output(const struct found_run *found, const char *base_name)
{
    struct stat info;
    static const char digits[] = "0123456789";
    for (const char *at = base_name; (at = strpbrk(at, digits)); at += strspn(at, digits)) {
        size_t len = (size_t)(at - base_name) + strspn(at, digits);
        CLEANUP(memory_free) char *path = text_format("%s/%.*s.log", found->directory, (int)len, base_name);
        if (lstat(path, &info) == 0)
            return true;
    }
    return false;
}

/* Passes over a folder that does not say which run it is of, if it is a run directory at all. Its number is
 * not given again. */
static bool pass_over(struct reconciliation *work, const struct found_run *found, const char *base_name,
                      struct error *err)
{
    int64_t started_ns, record_ns;
    if (!found_run_look(found, "config.json", &started_ns, err) ||
        !found_run_look(found, RECORD_FILE, &record_ns, err))
        return false;
    bool was_started = started_ns >= 0, had_record = record_ns >= 0;
    bool was_open = number_set_has(&work->open_directories, store_known_hash(base_name, strlen(base_name)));
    bool is_ours = was_started && (had_record || was_open || has_output(found, base_name));
    int64_t id = is_ours ? store_directory_id(base_name, strlen(base_name), "", 0) : -1;
    if (id > work->highest_id)
        work->highest_id = id;
    if (was_started && had_record)
        log_line(work->store->log, LOG_WARNING,
                 "%s/" RECORD_FILE
                 " does not say any more which run the folder is of, so that run begins again in a "
                 "new one",
                 found->directory);
    else if (was_open && !had_record)
        log_line(
            work->store->log, LOG_WARNING,
            "%s has no " RECORD_FILE " any more, by which its run is known, so that run begins again in a "
            "new folder; what it has written stays there. A program that empties its run directory is to "
            "keep " RECORD_FILE,
            found->directory);
    return true;
}

/* Returns whether its id may be one that was given later: the first number of a base name need not be the id,
 * since data names have numbers too. */
static bool may_be_later(const struct reconciliation *work, const char *base_name)
{
    static const char digits[] = "0123456789";
    for (const char *at = base_name; (at = strpbrk(at, digits)); at += strspn(at, digits))
        if (strtoll(at, NULL, 10) >= work->first_later)
            return true;
    return false;
}

/* Returns whether the folder was moved here, or changed, since the log dir was last brought in line. */
static bool came_later(const struct reconciliation *work, const char *directory)
{
    struct stat info;
    return stat(directory, &info) == 0 &&
           (int64_t)info.st_ctim.tv_sec * 1000000000 + info.st_ctim.tv_nsec >= work->last_ns;
}

/* Returns what settle_complete() would find, without a look at the run's files. */
static bool was_there(const struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    return found->complete_ns >= 0 && is_old(work, found->complete_ns) && !may_be_later(work, base_name) &&
           !number_set_has(&work->open_directories, store_known_hash(base_name, strlen(base_name))) &&
           !came_later(work, found->directory);
}

/* Returns whether the run of the record is in another folder, of which this is a copy. That one counts. */
static bool is_copy(const struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    CLEANUP(memory_free) char *original = NULL;
    if (!found->identity.content ||
        !store_is_copy(work->store->directory, base_name, &found->identity, &original))
        return false;
    log_line(work->store->log, LOG_INFO, "%s is a copy of %s; it is left as it is", found->directory,
             original);
    return true;
}

/* Passes over a folder that may not be entered, and tells so: it may be a run's. Returns whether it is one.
 */
static bool pass_over_closed(const struct reconciliation *work, const struct found_run *found)
{
    if (found->complete_ns >= 0 || access(found->directory, X_OK) == 0 || errno != EACCES)
        return false;
    log_line(work->store->log, LOG_WARNING,
             "%s may not be read: if a run without a row is in it, that run begins again in a new folder",
             found->directory);
    return true;
}

/* Settles a run of which no other folder is known. */
static bool settle_found(struct reconciliation *work, struct found_run *found, const char *base_name,
                         struct error *err)
{
    if (found->id > work->highest_id)
        work->highest_id = found->id;
    if (found->results.content && found->id >= 0 && store_unread_is_mark(&found->results)) {
        take_unread(work, found, base_name);
        return true;
    }
    if (found->results.content)
        return settle_complete(work, found, base_name, err);
    note_unfinished(work, found, base_name);
    return true;
}

/* Passes over a run of another log dir whose id is another run's here; where it is complete it gets a row
 * once it is known which ids are free. */
static void note_merged(struct reconciliation *work, const struct found_run *found, const char *base_name)
{
    if (found->results.content && !store_unread_is_mark(&found->results))
        vector_push(&work->merged.names, memory_copy_text(base_name));
    else
        log_line(
            work->store->log, LOG_WARNING,
            "%s is a run of another log dir that is not finished, and its id %lld is another run's here, so "
            "that it begins again in a new folder",
            found->directory, (long long)found->id);
}

static bool take_up(struct reconciliation *work, struct found_run *found, const char *base_name,
                    struct error *err)
{
    enum whose_run whose;
    if (!store_merged_find(&work->merged, work->store->database, found, base_name, &whose, err))
        return false;
    if (whose == RUN_OF_HERE)
        return settle_found(work, found, base_name, err);
    if (whose == RUN_OF_ELSEWHERE)
        note_merged(work, found, base_name);
    if (whose == RUN_OF_COPY)
        log_line(work->store->log, LOG_INFO, "%s is a copy of another folder's run; it is left as it is",
                 found->directory);
    return true;
}

static bool look_into(struct reconciliation *work, struct found_run *found, const char *base_name,
                      struct error *err)
{
    bool is_known = false;
    if (!found_run_look(found, RUN_DATA_FILE, &found->complete_ns, err))
        return false;
    if (was_there(work, found, base_name) &&
        !store_rowless_is_known(work->store->database, base_name, &is_known, err))
        return false;
    if (is_known || pass_over_closed(work, found))
        return true;
    if (!found_run_read(found, base_name, err))
        return false;
    if (is_copy(work, found, base_name))
        return true;
    if (!found_run_record(found)->content)
        return pass_over(work, found, base_name, err);
    return take_up(work, found, base_name, err);
}

bool store_found_look_at(struct reconciliation *work, const char *base_name, struct error *err)
{
    struct found_run found = {.directory = file_join(work->store->directory, base_name)};
    bool looked = look_into(work, &found, base_name, err);
    found_run_free(&found);
    return looked;
}

static bool take_merged(struct reconciliation *work, const char *base_name, struct error *err)
{
    struct found_run found = {.directory = file_join(work->store->directory, base_name)};
    bool read = found_run_look(&found, RUN_DATA_FILE, &found.complete_ns, err) &&
                found_run_read(&found, base_name, err);
    if (read && found.results.content) {
        int64_t there = found.id;
        found.id = work->store->next_id++;
        add_row(work, &found, base_name);
        log_line(
            work->store->log, LOG_INFO,
            "%s is a finished run of another log dir, where its id was %lld; it has its row now, with the id "
            "%lld",
            base_name, (long long)there, (long long)found.id);
    }
    found_run_free(&found);
    return read;
}

bool store_found_take_merged(struct reconciliation *work, struct error *err)
{
    store_merged_sort(&work->merged);
    for (size_t i = 0; i < work->merged.names.count; i++)
        if (!take_merged(work, work->merged.names.items[i], err))
            return false;
    return true;
}
