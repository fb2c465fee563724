#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/internal.h"
#include "store/reconcile.h"

void run_destroy(struct run *run)
{
    if (!run)
        return;
    free(run->name);
    free(run->label);
    free(run->directory);
    value_unref(run->keys);
    value_unref(run->meta);
    value_unref(run->start);
    free(run->command);
    free(run->record);
    free(run);
}

static char *without_end_slash(char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        path[--len] = '\0';
    return path;
}

/* A folder that was deleted with all that runs need to find in it is not ours to bring back. */
static bool make_dirs(const char *directory, struct error *err)
{
    if (!file_cwd_is_deleted())
        return file_make_dirs(directory, err);
    return mkdir(directory, 0755) == 0 || errno == EEXIST ||
           error_system(err, errno, "cannot make the folder %s", directory);
}

static bool make_directory(const char *directory, struct error *err)
{
    struct error why;
    return make_dirs(directory, &why) ||
           error_set(err, ERROR_SYSTEM,
                     "%s (the log dir is %s; make it writable, or set log_dir to another folder)", why.text,
                     directory);
}

static void tell_holder(const struct store *store)
{
    const struct store_holder *holder = &store->holder;
    const struct holders *before = &store->lock.before;
    const struct store_killed killed = {
        .guardian = before->guardian.pid,
        .start = before->runner.start,
        .token = before->token,
        .group = before->group,
    };
    if (holder->locked)
        holder->locked(holder->context, store->lock.fd, store->directory,
                       store->lock.was_killed ? &killed : NULL);
}

bool store_take_log_dir(struct store *store, struct error *err)
{
    struct store_lock lock;
    if (!make_directory(store->directory, err) || !store_lock(&lock, store->directory, err))
        return false;
    store_unlock(&store->lock);
    store->lock = lock;
    tell_holder(store);
    store_sign_lock(&store->lock, &store->holder);
    return true;
}

static void free_records(struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        store_record_free(records->items[i]);
    vector_free(records);
    records->marks = 0;
}

static void close_tables(struct store *store)
{
    free_records(&store->pending);
    free_records(&store->batch);
    free_records(&store->unrecorded.records);
    store->unrecorded.since = 0;
    store_unfinished_free(&store->unfinished);
    store_unread_free(&store->unread);
    store->unfinished = (struct unfinished){.log_dir = store->directory};
    store_results_close(&store->results);
    store_gone_free(&store->gone);
    store_database_close(store->database);
    store->database = NULL;
}

static bool open_tables(struct store *store, struct error *err)
{
    CLEANUP(memory_free) char *database = file_join(store->directory, "furcate.db");
    CLEANUP(memory_free) char *results = file_join(store->directory, "run_data.csv");
    store->database = store_database_open(database, store->log, err);
    return store->database && store_results_open(&store->results, results, err) &&
           store_start_anew(store, err) && store_reconcile(store, store->lock.now_ns, err);
}

/* A database can be opened, and found damaged further on. Returns whether all can be opened once more. */
static bool set_damaged_aside(struct store *store, struct error *err)
{
    struct error why = *err;
    CLEANUP(memory_free) char *aside = store->database ? store_database_give_up(store->database, err) : NULL;
    store->database = NULL;
    close_tables(store);
    if (!aside)
        return false;
    log_line(store->log, LOG_WARNING,
             "%s; set aside as %s, and made again from run_data.csv and the run directories", why.text,
             aside);
    return true;
}

static bool open_files(struct store *store, struct error *err)
{
    CLEANUP(memory_free) char *log = file_join(store->directory, "furcate.log");
    if (!store_take_log_dir(store, err))
        return false;
    store->log = log_open(log, err);
    if (!store->log)
        return false;
    if (!open_tables(store, err) &&
        !(store_is_present(store) && set_damaged_aside(store, err) && open_tables(store, err)))
        return false;
    if (store->database)
        store_database_be_quick(store->database);
    return true;
}

static void close_files(struct store *store)
{
    close_tables(store);
    log_close(store->log);
    store->log = NULL;
    store_unlock(&store->lock); /* last, so that the next runner finds all closed */
}

/* Returns whether the log dir was deleted, moved or replaced since this start began to look at it, so that
 * what was read there is not what is there now. */
static bool has_moved(const struct store *store, bool opened, const struct error *err)
{
    bool is_locked = store->lock.fd >= 0;
    return is_locked ? !store_is_present(store) : !opened && err->number == ENOENT;
}

/* Opens all files, and begins again with what is there now where the log dir has moved meanwhile. */
static bool open_at_rest(struct store *store, struct error *err)
{
    enum { most_tries = 20 };
    for (int tries = 1;; tries++) {
        bool opened = open_files(store, err);
        if (!has_moved(store, opened, err))
            return opened;
        if (opened && tries == most_tries)
            error_set(
                err, ERROR_SYSTEM,
                "the log dir %s is deleted, moved or replaced again and again (find out by whom, or set "
                "log_dir to another folder)",
                store->directory);
        if (tries == most_tries)
            return false;
        if (store->log)
            log_line(store->log, LOG_INFO,
                     "The log dir was deleted, moved or replaced during the start, which begins again with "
                     "what is there now");
        close_files(store);
    }
}

struct store *store_open(const char *log_dir, const struct store_holder *holder, struct error *err)
{
    struct store *store = memory_new(1, sizeof *store);
    store->given = memory_copy_text(log_dir);
    store->directory = without_end_slash(file_absolute(log_dir));
    store->unfinished.log_dir = store->directory;
    store->lock_path = file_join(store->directory, "furcate.lock");
    store->lock.fd = store->results.fd = -1;
    if (holder)
        store->holder = *holder;
    if (open_at_rest(store, err))
        return store;
    store_close(store);
    return NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    close_files(store);
    text_free(&store->notes);
    free(store->config);
    free(store->last_config);
    store_start_free(store);
    free(store->batch_config);
    free(store->lock_path);
    free(store->directory);
    free(store->given);
    free(store);
}

const char *store_directory(const struct store *store)
{
    return store->directory;
}

const char *store_log_dir(const struct store *store)
{
    return store->given;
}

bool store_rows_are_unchanged(const struct store *store)
{
    return store_results_are_unchanged(&store->results);
}

struct log *store_log(struct store *store)
{
    return store->log;
}

char *store_log_dir_cell(const struct store *store, const char *base_name)
{
    return file_join(store->given, base_name);
}

char *store_format_config(const struct config *config)
{
    struct text text = {0};
    CLEANUP(value_cleanup) struct value *whole = config_as_given(config);
    value_add_json(&text, whole);
    return text_take(&text);
}

void store_set_config(struct store *store, char *text)
{
    free(store->config);
    free(store->last_config);
    store->config = text;
    store->last_config = memory_copy_text(store->config);
}

/* Returns why it is not known what was carried out in the log dir, and what to do. */
static const char *find_why_unknown(const char *log_dir, const char *database, bool is_locked)
{
    CLEANUP(memory_free) char *csv = file_join(log_dir, "run_data.csv");
    if (is_locked)
        return "its furcate.db, which tells what config was carried out, is locked by another program (a "
               "database browser?); let that program save or undo its changes, or close it, and try again";
    if (access(database, F_OK) == 0)
        return "its furcate.db is new or broken, and tells of no config; compare with a config file instead";
    if (access(csv, F_OK) == 0)
        return "its furcate.db, which tells what config was carried out, is missing; compare with a config "
               "file instead";
    return "no config was carried out in this folder: it has no furcate.db; give a log dir of furcate run, "
           "or a config file";
}

void store_peek_open_attempts(const char *log_dir, void (*visit)(void *context, const char *name, pid_t pid),
                              void *context)
{
    CLEANUP(memory_free) char *path = file_join(log_dir, "furcate.db");
    store_database_peek_open_attempts(path, visit, context);
}

struct config *store_peek_config(const char *log_dir, struct faults *faults)
{
    CLEANUP(memory_free) char *path = file_join(log_dir, "furcate.db");
    bool is_locked;
    CLEANUP(memory_free) char *text = store_database_peek_text(path, TEXT_CONFIG, &is_locked);
    if (text)
        return config_read_text(log_dir, text, strlen(text), CONFIG_FOR_PROGRAM, faults);
    fault_add(faults, FAULT_ERROR, (struct value_place){0}, "%s", find_why_unknown(log_dir, path, is_locked));
    return NULL;
}

/* Returns whether the run's directory is there, under the name that its file system takes. */
static bool has_directory(struct run *run)
{
    struct stat info;
    if (lstat(run->directory, &info) == 0)
        return true;
    char *shorter = errno == ENAMETOOLONG ? store_directory_shorter(run->directory) : NULL;
    if (!shorter)
        return false;
    free(run->directory);
    run->directory = shorter;
    return lstat(run->directory, &info) == 0;
}

/* An id whose directory is not there: one that was copied here may not have been counted. */
static void take_next_id(struct store *store, struct run *run, const struct value *data_name)
{
    for (;;) {
        run->id = store->next_id++;
        run->name = store_directory_run_name(data_name, run->id);
        CLEANUP(memory_free) char *base_name = store_directory_base_name(run->name, run->label);
        run->directory = file_join(store->directory, base_name);
        if (!has_directory(run))
            return;
        free(run->name);
        free(run->directory);
    }
}

struct run *store_new_run(struct store *store, const struct plan *plan, uint64_t rank)
{
    struct run *run = memory_new(1, sizeof *run);
    run->rank = rank;
    run->gpu_id = -1;
    run->keys = plan_permutation(plan, rank);
    run->meta = value_ref(config_meta_value(plan_config(plan)));
    run->use = config_use(plan_config(plan));
    run->start = store->start ? value_ref(store->start) : NULL;

    const struct unfinished_run *unfinished = store_unfinished_find(&store->unfinished, run->keys);
    if (unfinished) {
        run->id = unfinished->id;
        run->attempt = run->earlier = unfinished->attempts;
        run->name = memory_copy_text(unfinished->name);
        run->label = memory_copy_text(unfinished->label);
        run->directory = file_join(store->directory, unfinished->directory);
        return run;
    }
    struct text label = {0};
    plan_add_label(plan, run->keys, &label);
    run->label = text_take(&label);
    take_next_id(store, run, config_data_name(plan_config(plan)));
    return run;
}
