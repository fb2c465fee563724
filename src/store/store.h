/*
 * The store of a log dir: run_data.csv, furcate.db, furcate.lock and the run directories.
 *
 * run_data.csv is the truth about finished runs: a row there means done. The order of a commit is:
 * run_data.json (write, fsync, rename), rows of the CSV (append, fdatasync), furcate.db. A store is used from
 * the thread of the event loop, but for store_commit_work(), which may run on one other thread at a time.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "config/value.h"
#include "plan/plan.h"

struct store;

/* One permutation that is or was carried out. */
struct run {
    int64_t id;
    char *name;         /* "example0" */
    char *label;        /* "foo_bs32" */
    char *directory;    /* "/abs/logs/example0_foo_bs32" */
    struct value *keys; /* the permutation: all config keys but meta */
    struct value *meta; /* config_meta_value() */
    enum config_use use;
    struct value *start; /* of store_set_start(); NULL: not told */
    char *command;       /* the arguments of its latest attempt as a JSON array; NULL: not told */
    int64_t code;        /* of store_set_code(); 0: not told */
    int64_t start_id;    /* of that start in furcate.db */
    char *record;        /* furcate.json of its latest attempt; NULL before store_prepare_run() */
    /* The program has a config.json, or a run_data.json, of its own in the run directory. */
    bool other_config, other_run_data;
    uint64_t rank;  /* in the plan it was started from */
    int gpu_id;     /* -1 on a CPU slot */
    int slot_index; /* from 0; of the slot of its latest attempt */
    char slot[24];  /* "GPU 0", "CPU 3"; "" before its first attempt here */
    int attempt;    /* the attempts so far, this one included; 0 before the first */
    int earlier;    /* how many of these an earlier runner made */
};
void run_destroy(struct run *run);

/* A runner that was killed together with its guardian, as furcate.lock proves. */
struct store_killed {
    pid_t guardian;
    uint64_t start;    /* of the runner, see proc_start() */
    const char *token; /* "": it had none */
    const char *group; /* the control group of its attempts, as the file has it; "": none */
};

/* On whose behalf a log dir is opened. */
struct store_holder {
    pid_t guardian;    /* of this process; 0: none */
    const char *token; /* of this runner, see token_draw(); NULL: none */
    const char *group; /* control group of its attempts; NULL: none */
    /* The log dir is locked, and not yet looked at. `killed`: the runner before; NULL: it ended in peace, or
     * is none of this log dir. */
    void (*locked)(void *context, int lock_fd, const char *directory, const struct store_killed *killed);
    void *context;
};
/*
 * Opens the log dir, making it if needed, takes its lock, opens log and database, and brings the three truths
 * in line (a torn CSV line is cut off, a complete run_data.json whose row was never written gets its row).
 * Returns NULL with err set: no permission, a second runner (named by its pid), a CSV that cannot be read.
 *
 * holder  copied, but for its texts; NULL: this process alone
 */
struct store *store_open(const char *log_dir, const struct store_holder *holder, struct error *err);
/* Closes and unlocks; pending records must have been committed. NULL is fine. */
void store_close(struct store *store);
const char *store_directory(const struct store *store); /* absolute */
/* As the user wrote it in the config that the store was opened for. */
const char *store_log_dir(const struct store *store);
struct log *store_log(struct store *store); /* furcate.log */

/* Rows that match no permutation of a plan, and others that people should know about. */
struct other_rows {
    uint64_t count;
    uint64_t odd; /* of these the ones that no edit of values explains */
    /* Of rows that match: `code`, of store_set_code(), is given by the caller, 0 if nobody asks. */
    int64_t code;
    uint64_t by_other_code;  /* those that were made by another, as far as is known */
    struct text other_files; /* of that code, as store_set_code() has them; "" when there is none */
    struct text lines;       /* at most three for people, each ended by a newline: what the rows differ in */
};
/* Adds the ranks of all permutations of the plan that have a row; one pass over the CSV. Tells of rows that
 * match none in *others, which may be NULL, and to whose lines is added. */
bool store_find_finished(struct store *store, const struct plan *plan, struct number_set *finished,
                         struct other_rows *others, struct error *err);

/* Returns whether run_data.csv is as this store left it: nobody has deleted or added a row since. Not while
 * store_commit_work() is under way. */
bool store_rows_are_unchanged(const struct store *store);

/*
 * The run of a permutation, not yet started: a run that was started once and has no row keeps its id and
 * directory (attempt says how many it had), another gets the next id. Nothing is written yet. run_destroy()
 * the result.
 */
struct run *store_new_run(struct store *store, const struct plan *plan, uint64_t rank);

/* Makes the run directory and writes furcate.json and config.json for the coming attempt (run->attempt and
 * run->gpu_id are set). What a program has put in their place is kept where it can be, and told in the log.
 */
bool store_prepare_run(struct store *store, struct run *run, struct error *err);
/* Writes furcate.json again, with a line in the log, where the program of an attempt that is not finished has
 * deleted it: a later start knows the run by it. */
void store_keep_record(struct store *store, const struct run *run);
/* The name of the file with the run's config: "config.json", unless the program has its own by that name. */
const char *store_config_name(const struct run *run);
/* Opens NAME.log and NAME.err for appending, below a header line when an earlier attempt wrote to them; then
 * metrics.jsonl, when there is one, gets a mark too. fds[0] is the log, fds[1] the err; the caller closes
 * both.
 */
bool store_open_output(const struct run *run, int fds[2], struct error *err);
/* Writes to NAME.err, where that can be, why an attempt could not be started. */
void store_note_unstarted(const struct run *run, const char *why);
/* Takes back what store_prepare_run() and store_open_output() made for an attempt that was not launched
 * then. */
void store_withdraw_run(const struct run *run);

/* How an attempt ended. */
struct attempt_end {
    double start_time, end_time; /* seconds since 1970 */
    double seconds;              /* that it executed: not while it was paused or the machine suspended */
    int exit_status;             /* -1 when a signal ended it */
    int signal;                  /* 0 when it exited */
    int64_t idle_ns;             /* how long its slot stood idle before it; -1 for a slot's first */
    /* Of the program and those of its descendants that were waited for; 0: not known. The first is the
     * largest of them, and at least what the runner had. */
    int64_t peak_memory; /* bytes */
    double cpu_seconds;  /* in user and system mode */
    char reason[256];    /* of a failure, for people: "exit status 1", "timed out after 90 s"; "" for none */
};

/* --- records; all return at once and are written by the next commit --- */

void store_add_started(struct store *store, const struct run *run, double start_time, int pid);
/* A finished run, which was prepared before. `data` (meta.data: times, results, metrics; without the prefix
 * run_) is taken over; NULL: the run_data.json that the run has written holds it. */
void store_add_finished(struct store *store, const struct run *run, const struct attempt_end *end,
                        struct value *data);
/* Marks a run as ended well, before its results are read. store_add_finished() follows, and replaces the
 * mark.
 */
void store_add_ended(struct store *store, const struct run *run, const struct attempt_end *end);
/* Returns a run that has such a mark from an earlier runner, to be finished by this one, with its end; NULL
 * when there is none left. run_destroy() it. */
struct run *store_take_unread(struct store *store, struct attempt_end *end);
/* A failed or stopped attempt, with the last lines of its stderr; `final` when no further attempt will be
 * made by this runner. */
void store_add_failed(struct store *store, const struct run *run, const struct attempt_end *end,
                      const char *error_tail, bool final);
/* Notes that a run which has failed is given up for good (`final`), or is so no more. */
void store_add_state(struct store *store, const struct run *run, bool final);

/* Tells what this start of furcate was given: an object of time, command, program, interpreter, directory,
 * config, host, user, commit and furcate, which the records of runs have as meta.run.start. Takes it over. */
void store_set_start(struct store *store, struct value *start);
/* Tells what attempts execute from now on: a hash of the content, not 0, and the files as an object of path
 * and hash in JSON. */
void store_set_code(struct store *store, int64_t hash, const char *files);
/* Makes the text of a config as furcate.db keeps it; free() it. Large ones take a while. */
char *store_format_config(const struct config *config);
/* Tells which config is carried out from now on: its text, which is taken over. */
void store_set_config(struct store *store, char *text);

/*
 * Returns whether the log dir is still the folder that was locked; not when somebody has deleted or moved it,
 * or its lock. Nothing is to be started then until store_restore() has gone well.
 */
bool store_is_present(const struct store *store);
/*
 * Makes such a log dir anew, or goes on in the one that is there now: what is still to be written goes there.
 * Before each commit; not while store_commit_work() is under way. ERROR_LOCKED when another runner has it:
 * then nothing must be written any more.
 */
bool store_restore(struct store *store, struct error *err);
/* Returns whether the log dir became another folder since it was opened, so that rows may be missing there.
 */
bool store_was_replaced(const struct store *store);

/* Takes the records added so far as a batch. Returns false when there are none. */
bool store_commit_begin(struct store *store);
/* Writes the batch; on any thread. On failure (ERROR_SYSTEM) what was not written stays in the batch, and a
 * further store_commit_work() tries again. */
bool store_commit_work(struct store *store, struct error *err);
/* Logs what the work had to tell; after it has returned. */
void store_commit_end(struct store *store);
/* Rows that were in run_data.csv and are there no more, as others have deleted or overwritten them. */
struct store_gone {
    uint64_t written; /* of those that this runner has written */
    uint64_t before;  /* of those that were there when it began */
};
/* Counts them, and logs those that it has not told of yet, as each commit does. Not while store_commit_work()
 * is under way. */
struct store_gone store_look_for_gone(struct store *store);
/* How many rows wait to be written. Not while store_commit_work() is under way. */
size_t store_unwritten_rows(const struct store *store);
/* Returns whether another program has locked furcate.db, so that it lacks some of what is in run_data.csv.
 * The next commit tries again. Not while store_commit_work() is under way. */
bool store_is_behind(const struct store *store);
/* Returns how many attempts it lacks then. */
size_t store_count_unrecorded(const struct store *store);
/* Begin, work and end until nothing is pending that can be written now. */
bool store_flush(struct store *store, struct error *err);

/*
 * Finds whether a run directory holds a complete run_data.json of this run, or furcate_run_data.json where
 * the first is another's, which it notes in the run. Returns false with err set when that cannot be seen now.
 *
 * *fault  the first of its meta.data.faults, which say what went wrong after the training; free() it. NULL:
 * none
 */
bool store_has_run_data(struct run *run, bool *has, char **fault, struct error *err);
/* Returns the end of what a run's latest attempt wrote to stderr or stdout, at most 8 KiB, by one read; ""
 * when that is nothing. free() it.
 *
 * ending  of the file: "err" or "log"
 */
char *store_read_output(const struct run *run, const char *ending);
/* The last lines of it (at most 5, 1000 bytes), as a terminal would show them; "" when there are none. free()
 * it. */
char *store_error_tail(const char *errors);

/* --- reading a table for people; needs no lock --- */

struct table {
    size_t column_count, row_count;
    char **columns; /* names */
    char **cells;   /* row_count x column_count, row by row; NULL where a row has none */
};
/* Reads run_data.csv of a log dir. False (ERROR_USAGE) when there is none. table_free() it. */
bool table_read(const char *log_dir, struct table *table, struct error *err);
/* The column of that name, or of "run_" and that name; -1 when there is none. */
int table_column(const struct table *table, const char *name);
/* Adds a column without cells at the end, and returns it. */
int table_add_column(struct table *table, const char *name);
void table_free(struct table *table);

/* Does the same as store_find_finished() for a log dir that need not be there, without its lock: a look at
 * it, on any thread.
 *
 * shown  how messages call it
 */
bool store_peek_finished(const char *log_dir, const char *shown, const struct plan *plan,
                         struct number_set *finished, struct other_rows *others, struct error *err);
/* The config that was carried out last in a log dir, by a look at it like the one above; NULL with a fault
 * when none is known. */
struct config *store_peek_config(const char *log_dir, struct faults *faults);
/* Calls `visit` for each attempt of the log dir whose end was not recorded, with its run's name and its
 * process. */
void store_peek_open_attempts(const char *log_dir, void (*visit)(void *context, const char *name, pid_t pid),
                              void *context);
/* Adds a cell as run_data.csv has it: a value, or text as it is. */
void store_add_csv_value(struct text *out, const struct value *value);
void store_add_csv_text(struct text *out, const char *text, size_t len);

/* --- what a run itself writes (the Fork pipeline, in the child) --- */

/* Makes run_data.json: the record of the run with meta.data. One reference. */
struct value *store_run_data(const struct value *record, const struct value *data);
/* Writes {directory}/run_data.json durably, or furcate_run_data.json where the first is a file of the
 * program's own; once it is there, the run is finished. */
bool store_write_run_data(const char *directory, const struct value *run_data, struct error *err);
