/*
 * furcate.db: what run_data.csv does not hold. It may be deleted at any time; the CSV and the run directories
 * are enough to go on.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"

struct database;

/* What is known of a run. "removed": its row was deleted from the CSV by the user, its directory is still
 * there. */
enum run_state { RUN_RUNNING, RUN_RETRYING, RUN_FAILED, RUN_FINISHED, RUN_REMOVED, RUN_UNKNOWN };

struct run_entry {
    int64_t id;
    const char *name, *label, *directory; /* directory: its base name */
    enum run_state state;
};

struct attempt_entry {
    int64_t run_id;
    int attempt, gpu_id;
    const char *slot;
    int pid; /* 0: not known here */
    double start_time;
    bool has_ended; /* the members below are set */
    double end_time;
    int exit_status, signal;
    const char *reason, *error_tail;
    int64_t idle_ns; /* -1: not known */
    double seconds, cpu_seconds;
    int64_t peak_memory; /* bytes */
    int64_t start_id;    /* of the start of furcate that made it */
    const char *command; /* its arguments as a JSON array; NULL: not known here */
    int64_t code;        /* what it executed, of table code; 0: not known */
};

/* Numbers by name. */
#define FACT_NEXT_ID "next_id"
#define FACT_RECONCILED "reconciled_ns"

/* Texts by name: the config that was carried out last, as JSON. */
#define TEXT_CONFIG "config"
/* Before the column of each key that a config had which was carried out. */
#define TEXT_KEY_PREFIX "key:"

/* Opens or makes the database, or brings one of an earlier version up to date; a broken or foreign one is set
 * aside as PATH.broken with a line in the log. store_database_close() it. */
struct database *store_database_open(const char *path, struct log *log, struct error *err);
void store_database_close(struct database *database);

/* Returns whether the last failure says that the file is damaged or gone, so that no further try can succeed.
 */
bool store_database_is_lost(const struct database *database);
/* Returns whether the last failure says that another program has locked it. */
bool store_database_is_busy(const struct database *database);
/* Lets what finds it locked fail at once from now on. */
void store_database_be_quick(struct database *database);
/* Closes it; where its last failure says that it is damaged, it is set aside too. Returns the new name,
 * free() it; NULL when it was not set aside, with err set if it is damaged. */
char *store_database_give_up(struct database *database, struct error *err);
bool store_database_begin(struct database *database, struct error *err);
/* On failure the transaction is undone. */
bool store_database_commit(struct database *database, struct error *err);
void store_database_rollback(struct database *database);

bool store_database_put_run(struct database *database, const struct run_entry *run, struct error *err);
bool store_database_put_attempt(struct database *database, const struct attempt_entry *attempt,
                                struct error *err);
bool store_database_put_fact(struct database *database, const char *name, int64_t number, struct error *err);
bool store_database_put_text(struct database *database, const char *name, const char *text,
                             struct error *err);

/* Puts a start of furcate, as store_set_start() was given it. */
bool store_database_put_start(struct database *database, int64_t id, const char *json, struct error *err);
/* Finds the id of the last start; -1: there was none. */
bool store_database_last_start(struct database *database, int64_t *id, struct error *err);
bool store_database_put_code(struct database *database, int64_t hash, const char *files, struct error *err);

/* Sets *number to -1 when there is no such fact. */
bool store_database_fact(struct database *database, const char *name, int64_t *number, struct error *err);
/* Sets *id to -1 when there are no runs. */
bool store_database_highest_id(struct database *database, int64_t *id, struct error *err);
/* Finds the base name of a run's directory, free() it; NULL when the database does not have the run. */
bool store_database_directory(struct database *database, int64_t id, char **directory, struct error *err);
/* Finds the state of a run; RUN_UNKNOWN when the database does not have it. */
bool store_database_state(struct database *database, int64_t id, enum run_state *state, struct error *err);
/* Marks a run finished, where it is known. */
bool store_database_finish(struct database *database, int64_t id, struct error *err);
/* Calls `visit` for each run that is not finished, with the base name of its directory. */
bool store_database_open_runs(struct database *database,
                              void (*visit)(void *context, int64_t id, const char *directory), void *context,
                              struct error *err);
/* Calls `visit` for each run with the base name of its directory, and with the one that furcate gives a run
 * of its name and label, unless that is too long. */
bool store_database_all_runs(struct database *database,
                             void (*visit)(void *context, const char *directory, const char *given),
                             void *context, struct error *err);

/* Adds the ids of the runs whose last attempt executed another code than this, as far as is known, by a look
 * at a database like the one below. `files`: of the other code that came last. Nothing when there is no
 * other. */
void store_database_peek_other_code(const char *path, int64_t code, struct number_set *ids,
                                    struct text *files);
/* Calls `visit` for each attempt whose end was not recorded. */
void store_database_peek_open_attempts(const char *path,
                                       void (*visit)(void *context, const char *name, pid_t pid),
                                       void *context);
/* Reads a text of a database that another process may be writing; NULL when there is none, or with *is_locked
 * when another process lets nobody read for 5 seconds. free() it. */
char *store_database_peek_text(const char *path, const char *name, bool *is_locked);
