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
