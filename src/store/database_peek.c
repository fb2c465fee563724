/* A look at furcate.db while its runner may work. */
#include <sqlite3.h>

#include "base/memory.h"
#include "store/database.h"
#include "store/database_safety.h"

/* Returns whether it could be opened; *handle is to be closed in any case. */
static bool open_to_look(const char *path, sqlite3 **handle, struct database_effort *effort)
{
    struct error ignored;
    *handle = NULL;
    if (!database_safety_check_files(path, &ignored) ||
        database_safety_open(path, SQLITE_OPEN_READONLY, handle) != SQLITE_OK)
        return false;
    database_safety_restrict(*handle);
    database_safety_limit(*handle, effort, path);
    return sqlite3_busy_timeout(*handle, 5000) == SQLITE_OK && database_safety_check_schema(*handle);
}

char *store_database_peek_text(const char *path, const char *name, bool *is_locked)
{
    sqlite3 *handle;
    struct database_effort effort;
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    if (open_to_look(path, &handle, &effort) &&
        sqlite3_prepare_v2(handle, "SELECT text FROM texts WHERE name = ?", -1, &statement, NULL) ==
            SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
            text = memory_copy_text((const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    *is_locked = !text && handle && (sqlite3_errcode(handle) & 0xff) == SQLITE_BUSY;
    sqlite3_close(handle);
    return text;
}

/* A query whose one parameter is `id`; sqlite3_finalize() it. */
static sqlite3_stmt *query(sqlite3 *handle, const char *sql, int64_t id)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK)
        sqlite3_bind_int64(statement, 1, id);
    return statement;
}

static bool find_other_files(sqlite3 *handle, int64_t code, struct text *files)
{
    sqlite3_stmt *statement =
        query(handle, "SELECT files FROM code WHERE hash <> ? ORDER BY time DESC LIMIT 1", code);
    bool found = statement && sqlite3_step(statement) == SQLITE_ROW;
    found = found && sqlite3_column_text(statement, 0);
    if (found)
        text_add(files, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return found;
}

void store_database_peek_other_code(const char *path, int64_t code, struct number_set *ids,
                                    struct text *files)
{
    sqlite3 *handle;
    struct database_effort effort;
    sqlite3_stmt *statement = NULL;
    if (open_to_look(path, &handle, &effort) && find_other_files(handle, code, files))
        /* SQLite takes the other columns from the row of the maximum. */
        statement =
            query(handle,
                  "SELECT run_id FROM (SELECT run_id, code, max(attempt) FROM attempts GROUP BY run_id) "
                  "WHERE code <> ?",
                  code);
    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        if (sqlite3_column_int64(statement, 0) >= 0)
            number_set_add(ids, (uint64_t)sqlite3_column_int64(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(handle);
}

void store_database_peek_open_attempts(const char *path,
                                       void (*visit)(void *context, const char *name, pid_t pid),
                                       void *context)
{
    sqlite3 *handle;
    struct database_effort effort;
    sqlite3_stmt *statement = NULL;
    if (open_to_look(path, &handle, &effort))
        statement = query(handle,
                          "SELECT name, pid FROM runs JOIN attempts ON run_id = id"
                          " WHERE state <> 'finished' AND end_time IS NULL AND pid > ?",
                          0);
    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        visit(context, (const char *)sqlite3_column_text(statement, 0),
              (pid_t)sqlite3_column_int64(statement, 1));
    sqlite3_finalize(statement);
    sqlite3_close(handle);
}
