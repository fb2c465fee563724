/* The tables of furcate.db. */
#pragma once

#define SCHEMA_INDEX "CREATE INDEX runs_not_finished ON runs (id) WHERE state <> 'finished'"

#define SCHEMA_SLOTS                                                                                         \
    "CREATE VIEW slots AS SELECT slot, count(*) AS attempts, sum(seconds) AS busy_seconds,"                  \
    " 1e-9 * total(idle_ns) AS idle_seconds FROM attempts WHERE slot <> '' GROUP BY slot;"

/* The starts of furcate, with what each was given; and the programs and scripts that attempts executed: a
 * hash of their content, and the files as an object of path and hash. */
#define SCHEMA_STARTS                                                                                        \
    "CREATE TABLE starts (id INTEGER PRIMARY KEY, time REAL NOT NULL, command TEXT, program TEXT,"           \
    " interpreter TEXT, directory TEXT, config TEXT, host TEXT, user TEXT, git_commit TEXT, version TEXT);"  \
    "CREATE TABLE code (hash INTEGER PRIMARY KEY, time REAL NOT NULL, files TEXT NOT NULL);"

enum { schema_version = 4, schema_application = 0x46757263 /* "Furc": tells our files from others' */ };

static const char schema[] =
    "PRAGMA application_id = 1182102115;"
    "PRAGMA user_version = 4;"
    "CREATE TABLE runs ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  label TEXT NOT NULL,"
    "  directory TEXT NOT NULL,"
    "  state TEXT NOT NULL);" SCHEMA_INDEX ";"
    "CREATE TABLE attempts ("
    "  run_id INTEGER NOT NULL,"
    "  attempt INTEGER NOT NULL,"
    "  gpu_id INTEGER NOT NULL,"
    "  pid INTEGER,"
    "  start_time REAL,"
    "  end_time REAL,"
    "  exit_status INTEGER,"
    "  signal INTEGER,"
    "  reason TEXT,"
    "  error_tail TEXT,"
    "  idle_ns INTEGER,"
    "  slot TEXT,"
    "  seconds REAL,"
    "  cpu_seconds REAL,"
    "  peak_memory INTEGER,"
    "  start_id INTEGER,"
    "  command TEXT,"
    "  code INTEGER,"
    "  PRIMARY KEY (run_id, attempt)) WITHOUT ROWID;"
    "CREATE TABLE facts (name TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE texts (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;" SCHEMA_SLOTS
        SCHEMA_STARTS;

/* From each earlier version to the one behind it. */
static const char *const migrations[schema_version] = {
    [1] = "CREATE TABLE texts (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
          "PRAGMA user_version = 2;",
    [2] = "ALTER TABLE attempts ADD COLUMN slot TEXT;"
          "ALTER TABLE attempts ADD COLUMN seconds REAL;"
          "ALTER TABLE attempts ADD COLUMN cpu_seconds REAL;"
          "ALTER TABLE attempts ADD COLUMN peak_memory INTEGER;" SCHEMA_SLOTS "PRAGMA user_version = 3;",
    [3] = "ALTER TABLE attempts ADD COLUMN start_id INTEGER;"
          "ALTER TABLE attempts ADD COLUMN command TEXT;"
          "ALTER TABLE attempts ADD COLUMN code INTEGER;" SCHEMA_STARTS "PRAGMA user_version = 4;",
};
