/* Opens furcate.db: makes it, brings it up to date, or sets it aside. */
#include <sqlite3.h>

#include "base/memory.h"
#include "store/database_internal.h"
#include "store/database_schema.h"
#include "store/set_aside.h"

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

/* Brings a database of an earlier version up to date, a version at a time, all or nothing. */
static bool migrate(struct database *database, int64_t version)
{
    bool moved = database_execute(database, "BEGIN IMMEDIATE");
    for (; moved && version < schema_version; version++)
        moved = database_execute(database, migrations[version]);
    return moved && database_execute(database, "COMMIT");
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

/* Returns whether the file is ours and usable; an empty one becomes so. When not, SQLite's last error says
 * why: none when it is somebody else's. */
static bool set_up(struct database *database)
{
    int64_t tables;
    store_database_be_patient(database->handle, &database->patience, database->path);
    database_safety_restrict(database->handle);
    if (!query_number(database, "SELECT count(*) FROM sqlite_schema", &tables) ||
        !database_execute(
            database, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -200;"))
        return false;
    if (tables == 0 && !(database_execute(database, "BEGIN") && database_execute(database, schema) &&
                         database_execute(database, "COMMIT")))
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
        database_fail(database, err);
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
