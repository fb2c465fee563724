/*
 * What keeps a furcate.db that came from somebody else from doing harm: as a file that leads elsewhere, by
 * SQL that it brings along (triggers, views, expressions in indexes), or by never coming to an end.
 */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>

#include "base/error.h"

/*
 * Returns whether furcate.db and the files of SQLite next to it, as far as they are there, are regular files
 * without a second name, and whether no journal among them names a further file: SQLite would delete that
 * one.
 */
bool database_safety_check_files(const char *path, struct error *err);
/* Gives those that have a second name (a hard link) a copy of their own. Not while the database is open. */
void database_safety_detach_files(const char *path);

/* Opens it through no link in the log dir. Returns SQLite's result; *handle is to be closed in any case. */
int database_safety_open(const char *path, int flags, sqlite3 **handle);
/* Sets the handle so that nothing which the database brings along is executed, and no value is of more than
 * 256 MiB. */
void database_safety_restrict(sqlite3 *handle);
/* Returns whether the tables that furcate uses are plain ones, and no index has an expression but furcate's
 * own. */
bool database_safety_check_schema(sqlite3 *handle);

/* Steps that SQLite may still take: a damaged tree can have more rows than a disk could hold. */
struct database_effort {
    long left;
};
/* Ends a statement (SQLITE_INTERRUPT) once far more steps were taken than a file of this size has rows for.
 */
void database_safety_limit(sqlite3 *handle, struct database_effort *effort, const char *path);
void database_safety_lift_limit(sqlite3 *handle);
