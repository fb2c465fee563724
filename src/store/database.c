#include "store/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/database_busy.h"
#include "store/database_safety.h"
#include "store/database_schema.h"
#include "store/database_statements.h"
#include "store/directory.h"
#include "store/set_aside.h"

static const char *const state_names[] = {"running", "retrying", "failed", "finished", "removed"};

struct database {
    sqlite3 *handle;
    char *path;
    sqlite3_stmt *prepared[statement_count];
    int failure; /* of SQLite, the last; 0: none */
    struct database_patience patience;
    struct database_effort effort;
};

/* Returns whether this process may not make one of the database's files as large as it has to be. SQLite
 * tells that as a full disk or an error of it, mostly without an error number. */
static bool is_file_limit(const struct database *database)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    static const rlim_t most_at_once = 1 << 16; /* that SQLite writes in one go; its -shm grows by 32 KiB */
    int code = sqlite3_errcode(database->handle) & 0xff, number = sqlite3_system_errno(database->handle);
    struct rlimit limit;
    if ((code != SQLITE_FULL && code != SQLITE_IOERR) || (number != 0 && number != EFBIG))
        return false;
    if (getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    bool reached = limit.rlim_cur <= most_at_once;
    for (size_t i = 0; i < sizeof endings / sizeof *endings && !reached; i++) {
        struct stat info;
        CLEANUP(memory_free) char *path = text_format("%s%s", database->path, endings[i]);
        reached = stat(path, &info) == 0 && (rlim_t)info.st_size + most_at_once > limit.rlim_cur;
    }
    return reached;
}

static bool cannot(struct database *database, const char *what, struct error *err)
{
    if (is_file_limit(database)) {
        database->failure = sqlite3_extended_errcode(database->handle);
        return error_system(err, EFBIG, "cannot %s %s", what, database->path);
    }
    bool is_full = (sqlite3_errcode(database->handle) & 0xff) == SQLITE_FULL;
    database->failure = sqlite3_extended_errcode(database->handle); /* a rollback after it may go well */
    if (store_database_is_busy(database))
        return error_set(err, ERROR_SYSTEM,
                         "%s is locked by another program (a database browser?); let it save or undo its "
                         "changes there, or close it",
                         database->path);
    error_set(err, ERROR_SYSTEM, "cannot %s %s: %s (it can be deleted while no runner works)", what,
              database->path, sqlite3_errmsg(database->handle));
    err->number = is_full ? ENOSPC : sqlite3_system_errno(database->handle);
    return false;
}

static bool fail(struct database *database, struct error *err)
{
    return cannot(database, "write", err);
}

static bool execute(struct database *database, const char *sql)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Finds the one number that a query gives. */
static bool query_number(struct database *database, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    bool found = sqlite3_prepare_v2(database->handle, sql, -1, &statement, NULL) == SQLITE_OK &&
                 sqlite3_step(statement) == SQLITE_ROW;
    *number = found ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    return found;
}

static bool prepare(struct database *database)
{
    for (int i = 0; i < statement_count; i++)
        if (sqlite3_prepare_v3(database->handle, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &database->prepared[i], NULL) != SQLITE_OK)
            return false;
    return true;
}

/* Returns whether the file itself is at fault, not the machine. */
static bool is_broken(struct database *database)
{
    static const int of_the_machine[] = {SQLITE_BUSY,     SQLITE_LOCKED,   SQLITE_NOMEM,
                                         SQLITE_READONLY, SQLITE_IOERR,    SQLITE_FULL,
                                         SQLITE_PERM,     SQLITE_CANTOPEN, SQLITE_PROTOCOL};
    int code = sqlite3_errcode(database->handle) & 0xff;
    for (size_t i = 0; i < sizeof of_the_machine / sizeof *of_the_machine; i++)
        if (of_the_machine[i] == code)
            return false;
    return true;
}

static bool is_damaged(const struct database *database)
{
    int code = database->failure & 0xff; /* SQLITE_CORRUPT_INDEX is SQLITE_CORRUPT too */
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_INTERRUPT;
}

bool store_database_is_lost(const struct database *database)
{
    return is_damaged(database) || database->failure == SQLITE_READONLY_DBMOVED;
}

/* Locks that a file server does not give are told as SQLITE_BUSY too, but for those of the -shm. */
bool store_database_is_busy(const struct database *database)
{
    int code = database->failure & 0xff;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_PROTOCOL ||
           database->failure == SQLITE_IOERR_SHMLOCK || database->failure == SQLITE_IOERR_LOCK;
}

void store_database_be_quick(struct database *database)
{
    sqlite3_busy_timeout(database->handle, 10);
}

/* Brings a database of an earlier version up to date, a version at a time, all or nothing. */
static bool migrate(struct database *database, int64_t version)
{
    bool moved = execute(database, "BEGIN IMMEDIATE");
    for (; moved && version < schema_version; version++)
        moved = execute(database, migrations[version]);
    return moved && execute(database, "COMMIT");
}

/* Brings it up to date. Returns false when neither this version of furcate nor an earlier one made it. */
static bool take_over(struct database *database)
{
    int64_t application, version;
    if (!query_number(database, "PRAGMA application_id", &application) ||
        !query_number(database, "PRAGMA user_version", &version))
        return false;
    if (application != schema_application || version < 1 || version > schema_version)
        return false;
    return version == schema_version || migrate(database, version);
}

/* Whether the file is ours and usable; an empty one becomes so. When not, SQLite's last error says why: none
 * when it is somebody else's. */
static bool set_up(struct database *database)
{
    int64_t tables;
    store_database_be_patient(database->handle, &database->patience, database->path);
    database_safety_restrict(database->handle);
    if (!query_number(database, "SELECT count(*) FROM sqlite_schema", &tables) ||
        !execute(database,
                 "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -200;"))
        return false;
    if (tables == 0 &&
        !(execute(database, "BEGIN") && execute(database, schema) && execute(database, "COMMIT")))
        return false;
    return database_safety_check_schema(database->handle) && take_over(database) && prepare(database);
}

static bool is_of_newer(struct database *database, int64_t *version)
{
    int64_t application;
    return query_number(database, "PRAGMA application_id", &application) &&
           query_number(database, "PRAGMA user_version", version) && application == schema_application &&
           *version > schema_version;
}

/* Says why a file cannot be used in which SQLite finds no fault. */
static void tell_whose(struct database *database, bool *broken, struct error *err)
{
    int64_t version;
    *broken = !is_of_newer(database, &version);
    if (*broken)
        error_set(err, ERROR_SYSTEM, "%s was not made by this version of furcate", database->path);
    else
        error_set(
            err, ERROR_SYSTEM,
            "%s was made by a newer furcate (its tables are of version %lld, this one knows %d): use "
            "that one here, or move the file away; run_data.csv and the run directories tell what is done",
            database->path, (long long)version, schema_version);
}

static bool open_within_limit(struct database *database)
{
    database_safety_limit(database->handle, &database->effort, database->path);
    bool done = set_up(database);
    database_safety_lift_limit(database->handle);
    return done;
}

static struct database *try_open(const char *path, bool *broken, struct error *err)
{
    struct database *database = memory_new(1, sizeof *database);
    database->path = memory_copy_text(path);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    database_safety_detach_files(path);
    if (!database_safety_check_files(path, err)) {
        *broken = true;
        store_database_close(database);
        return NULL;
    }
    if (database_safety_open(path, flags, &database->handle) == SQLITE_OK && open_within_limit(database))
        return database;
    *broken = is_broken(database);
    if (*broken && sqlite3_errcode(database->handle) == SQLITE_OK)
        tell_whose(database, broken, err);
    else
        fail(database, err);
    store_database_close(database);
    return NULL;
}

/* A second try tells a damaged file from a disk that could not be read for a moment. */
struct database *store_database_open(const char *path, struct log *log, struct error *err)
{
    bool broken = false;
    struct error why;
    struct database *database = try_open(path, &broken, err);
    if (!database && broken)
        database = try_open(path, &broken, err);
    if (database || !broken)
        return database;
    why = *err;
    CLEANUP(memory_free) char *aside = store_set_aside(path, err);
    if (!aside)
        return NULL;
    log_line(log, LOG_WARNING,
             "%s; set aside as %s, and made again from run_data.csv and the run directories", why.text,
             aside);
    return try_open(path, &broken, err);
}

void store_database_close(struct database *database)
{
    if (!database)
        return;
    for (int i = 0; i < statement_count; i++)
        sqlite3_finalize(database->prepared[i]);
    sqlite3_close(database->handle);
    free(database->path);
    free(database);
}

char *store_database_give_up(struct database *database, struct error *err)
{
    bool damaged = is_damaged(database);
    CLEANUP(memory_free) char *path = memory_copy_text(database->path);
    store_database_close(database);
    return damaged ? store_set_aside(path, err) : NULL;
}

bool store_database_begin(struct database *database, struct error *err)
{
    return execute(database, "BEGIN IMMEDIATE") || fail(database, err);
}

bool store_database_commit(struct database *database, struct error *err)
{
    if (execute(database, "COMMIT"))
        return true;
    fail(database, err);
    store_database_rollback(database);
    return false;
}

void store_database_rollback(struct database *database)
{
    if (!sqlite3_get_autocommit(database->handle))
        execute(database, "ROLLBACK");
}

static bool run_to_end(struct database *database, enum statement which, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[which];
    bool done = sqlite3_step(statement) == SQLITE_DONE || fail(database, err);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return done;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

bool store_database_put_run(struct database *database, const struct run_entry *run, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[PUT_RUN];
    sqlite3_bind_int64(statement, 1, run->id);
    bind_text(statement, 2, run->name);
    bind_text(statement, 3, run->label);
    bind_text(statement, 4, run->directory);
    bind_text(statement, 5, state_names[run->state]);
    return run_to_end(database, PUT_RUN, err);
}

bool store_database_put_attempt(struct database *database, const struct attempt_entry *attempt,
                                struct error *err)
{
    sqlite3_stmt *statement = database->prepared[PUT_ATTEMPT];
    sqlite3_bind_int64(statement, 1, attempt->run_id);
    sqlite3_bind_int(statement, 2, attempt->attempt);
    sqlite3_bind_int(statement, 3, attempt->gpu_id);
    if (attempt->pid)
        sqlite3_bind_int(statement, 4, attempt->pid);
    sqlite3_bind_double(statement, 5, attempt->start_time);
    if (attempt->has_ended) {
        sqlite3_bind_double(statement, 6, attempt->end_time);
        sqlite3_bind_int(statement, 7, attempt->exit_status);
        sqlite3_bind_int(statement, 8, attempt->signal);
        bind_text(statement, 9, attempt->reason);
        bind_text(statement, 10, attempt->error_tail);
        if (attempt->idle_ns >= 0)
            sqlite3_bind_int64(statement, 11, attempt->idle_ns);
        sqlite3_bind_double(statement, 13, attempt->seconds);
        sqlite3_bind_double(statement, 14, attempt->cpu_seconds);
        sqlite3_bind_int64(statement, 15, attempt->peak_memory);
    }
    bind_text(statement, 12, attempt->slot);
    if (attempt->start_id >= 0)
        sqlite3_bind_int64(statement, 16, attempt->start_id);
    if (attempt->command)
        bind_text(statement, 17, attempt->command);
    if (attempt->code)
        sqlite3_bind_int64(statement, 18, attempt->code);
    return run_to_end(database, PUT_ATTEMPT, err);
}

bool store_database_put_fact(struct database *database, const char *name, int64_t number, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[PUT_FACT];
    bind_text(statement, 1, name);
    sqlite3_bind_int64(statement, 2, number);
    return run_to_end(database, PUT_FACT, err);
}

bool store_database_put_text(struct database *database, const char *name, const char *text, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[PUT_TEXT];
    bind_text(statement, 1, name);
    bind_text(statement, 2, text);
    return run_to_end(database, PUT_TEXT, err);
}

bool store_database_put_start(struct database *database, int64_t id, const char *json, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[PUT_START];
    sqlite3_bind_int64(statement, 1, id);
    bind_text(statement, 2, json);
    return run_to_end(database, PUT_START, err);
}

bool store_database_put_code(struct database *database, int64_t hash, const char *files, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[PUT_CODE];
    sqlite3_bind_int64(statement, 1, hash);
    sqlite3_bind_double(statement, 2, clock_wall());
    bind_text(statement, 3, files);
    return run_to_end(database, PUT_CODE, err);
}

static bool cannot_read(struct database *database, struct error *err)
{
    return cannot(database, "read", err);
}

/* Returns whether a furcate may have given the id. */
static bool is_id(int64_t id)
{
    return id >= 0 && id <= STORE_HIGHEST_ID;
}

static bool find_number(struct database *database, enum statement which, int64_t *number, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[which];
    int code = sqlite3_step(statement);
    bool found = code == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL;
    *number = found ? sqlite3_column_int64(statement, 0) : -1;
    bool read = code == SQLITE_ROW || code == SQLITE_DONE || cannot_read(database, err);
    sqlite3_reset(statement);
    return read;
}

bool store_database_fact(struct database *database, const char *name, int64_t *number, struct error *err)
{
    bind_text(database->prepared[GET_FACT], 1, name);
    return find_number(database, GET_FACT, number, err);
}

bool store_database_last_start(struct database *database, int64_t *id, struct error *err)
{
    return find_number(database, GET_START, id, err);
}

bool store_database_highest_id(struct database *database, int64_t *id, struct error *err)
{
    return find_number(database, GET_HIGHEST, id, err);
}

static enum run_state find_state(const char *name)
{
    for (size_t i = 0; name && i < sizeof state_names / sizeof *state_names; i++)
        if (strcmp(state_names[i], name) == 0)
            return (enum run_state)i;
    return RUN_UNKNOWN;
}

bool store_database_state(struct database *database, int64_t id, enum run_state *state, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[GET_STATE];
    sqlite3_bind_int64(statement, 1, id);
    int code = sqlite3_step(statement);
    *state = code == SQLITE_ROW ? find_state((const char *)sqlite3_column_text(statement, 0)) : RUN_UNKNOWN;
    bool read = code == SQLITE_ROW || code == SQLITE_DONE || cannot_read(database, err);
    sqlite3_reset(statement);
    return read;
}

bool store_database_directory(struct database *database, int64_t id, char **directory, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[GET_DIRECTORY];
    sqlite3_bind_int64(statement, 1, id);
    int code = sqlite3_step(statement);
    const char *text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    *directory = text ? memory_copy_text(text) : NULL;
    bool read = code == SQLITE_ROW || code == SQLITE_DONE || cannot_read(database, err);
    sqlite3_reset(statement);
    return read;
}

bool store_database_finish(struct database *database, int64_t id, struct error *err)
{
    sqlite3_bind_int64(database->prepared[FINISH], 1, id);
    return run_to_end(database, FINISH, err);
}

bool store_database_open_runs(struct database *database,
                              void (*visit)(void *context, int64_t id, const char *directory), void *context,
                              struct error *err)
{
    sqlite3_stmt *statement = database->prepared[GET_OPEN];
    int code;
    database_safety_limit(database->handle, &database->effort, database->path);
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(statement, 0);
        const char *directory = (const char *)sqlite3_column_text(statement, 1);
        if (is_id(id))
            visit(context, id, directory ? directory : "");
    }
    database_safety_lift_limit(database->handle);
    bool read = code == SQLITE_DONE || cannot_read(database, err);
    sqlite3_reset(statement);
    return read;
}

bool store_database_all_runs(struct database *database,
                             void (*visit)(void *context, const char *directory, const char *given),
                             void *context, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[GET_ALL];
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *directory = (const char *)sqlite3_column_text(statement, 0);
        const char *given = (const char *)sqlite3_column_text(statement, 1);
        visit(context, directory ? directory : "", given ? given : "");
    }
    bool read = code == SQLITE_DONE || cannot_read(database, err);
    sqlite3_reset(statement);
    return read;
}
