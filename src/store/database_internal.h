/* The open furcate.db, for database.c and database_open.c alone. */
#pragma once
#include <sqlite3.h>

#include "store/database.h"
#include "store/database_busy.h"
#include "store/database_safety.h"
#include "store/database_statements.h"

struct database {
    sqlite3 *handle;
    char *path;
    sqlite3_stmt *prepared[statement_count];
    int failure; /* of SQLite, the last; 0: none */
    struct database_patience patience;
    struct database_effort effort;
};

bool database_execute(struct database *database, const char *sql);
/* Says why SQLite could not write, and notes that. Returns false. */
bool database_fail(struct database *database, struct error *err);
