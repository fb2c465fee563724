#include "store/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/database_internal.h"
#include "store/directory.h"
#include "store/set_aside.h"

static const char *const state_names[] = {"running", "retrying", "failed", "finished", "removed"};

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
                         "changes there, or close it (SQLite says: %s; so it does where a file server gives "
                         "no lock)",
                         database->path, sqlite3_errmsg(database->handle));
    error_set(err, ERROR_SYSTEM, "cannot %s %s: %s (it can be deleted while no runner works)", what,
              database->path, sqlite3_errmsg(database->handle));
    err->number = is_full ? ENOSPC : sqlite3_system_errno(database->handle);
    return false;
}

bool database_fail(struct database *database, struct error *err)
{
    return cannot(database, "write", err);
}

bool database_execute(struct database *database, const char *sql)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
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

/* SQLite tells most locks that a file server does not give as SQLITE_BUSY too. */
bool store_database_is_busy(const struct database *database)
{
    int code = database->failure & 0xff;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_PROTOCOL;
}

void store_database_be_quick(struct database *database)
{
    sqlite3_busy_timeout(database->handle, 10);
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
    return database_execute(database, "BEGIN IMMEDIATE") || database_fail(database, err);
}

bool store_database_commit(struct database *database, struct error *err)
{
    if (database_execute(database, "COMMIT"))
        return true;
    database_fail(database, err);
    store_database_rollback(database);
    return false;
}

void store_database_rollback(struct database *database)
{
    if (!sqlite3_get_autocommit(database->handle))
        database_execute(database, "ROLLBACK");
}

static bool run_to_end(struct database *database, enum statement which, struct error *err)
{
    sqlite3_stmt *statement = database->prepared[which];
    bool done = sqlite3_step(statement) == SQLITE_DONE || database_fail(database, err);
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
