/* A look at furcate.db from beside its runner. */
#include <sqlite3.h>

#include "base/memory.h"
#include "store/database.h"

char *store_database_peek_text(const char *path, const char *name)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    char *text = NULL;
    if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(handle, 5000) == SQLITE_OK &&
        sqlite3_prepare_v2(handle, "SELECT text FROM texts WHERE name = ?", -1, &statement, NULL) ==
            SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        if (sqlite3_step(statement) == SQLITE_ROW)
            text = memory_copy_text((const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
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
    if (found)
        text_add(files, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return found;
}

void store_database_peek_other_code(const char *path, int64_t code, struct number_set *ids,
                                    struct text *files)
{
    sqlite3 *handle = NULL;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(handle, 5000) == SQLITE_OK && find_other_files(handle, code, files))
        /* SQLite takes the other columns from the row of the maximum. */
        statement =
            query(handle,
                  "SELECT run_id FROM (SELECT run_id, code, max(attempt) FROM attempts GROUP BY run_id) "
                  "WHERE code <> ?",
                  code);
    while (statement && sqlite3_step(statement) == SQLITE_ROW)
        number_set_add(ids, (uint64_t)sqlite3_column_int64(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(handle);
}
