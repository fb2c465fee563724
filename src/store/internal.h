/* The store's own state; private to this folder. */
#pragma once
#include "store/database.h"
#include "store/gone.h"
#include "store/lock.h"
#include "store/record.h"
#include "store/results_file.h"
#include "store/store.h"
#include "store/unfinished.h"
#include "store/unread.h"

struct records {
    struct record **items;
    size_t count, capacity;
    size_t marks; /* how many of them are marks (is_mark) */
};

/* Records that the database is still to have. */
struct unrecorded {
    struct records records;
    int64_t since; /* clock_monotonic() when it was found to be locked; 0: it is not */
};

/* A text for a row of the database, which has it once is_put. */
struct text_to_put {
    char *text; /* NULL: none */
    int64_t id;
    bool is_put;
};

struct store {
    char *given;     /* the log dir as the user writes it */
    char *directory; /* absolute */
    char *lock_path;
    struct store_lock lock;
    struct store_holder holder;
    bool was_replaced;
    bool is_adrift; /* the log dir was taken anew, and the open files are still those of the one before */
    struct log *log;
    bool told_of_own_files;
    int64_t next_id;
    struct unfinished unfinished;
    struct unread unread;
    struct records pending;
    char *config; /* to be remembered by the next commit; NULL: it is already */
    char *last_config;
    struct value *start;                 /* what this start of furcate was given; NULL: not told */
    struct text_to_put start_text, code; /* id of the first: that of this start; of the other: the hash */

    /* From store_commit_begin() until store_commit_work() returns these are the worker's. */
    struct database *database; /* NULL: lost while the runner worked */
    struct results_file results;
    struct gone gone;
    struct records batch;
    struct unrecorded unrecorded;
    char *batch_config;
    struct text_to_put batch_start, batch_code; /* copies of those that are to be put */
    int64_t batch_next_id;
    struct text notes; /* for the log, which the worker must not write to */
};

/* Lets the next commit put both texts once more, into a database that may lack them. */
bool store_start_anew(struct store *store, struct error *err);
/* For a commit: take the texts into the batch, put them, forget them; the second two on its thread. */
void store_start_take(struct store *store);
bool store_start_put(struct store *store, struct error *err);
void store_start_is_put(struct store *store);
void store_start_free(struct store *store);
/* The run directory of that base name as the user would write it; free() it. */
char *store_log_dir_cell(const struct store *store, const char *base_name);
/* Makes the log dir if needed, takes its lock in the place of one that the store may have, and tells the
 * holder. */
bool store_take_log_dir(struct store *store, struct error *err);
/* Drops from a batch that could not be written the marks of runs whose results are to be written too. */
void store_drop_overtaken_marks(struct records *batch, const struct records *pending);
/* Tells that the program has a file of this name for itself in the run directory, and what furcate's is
 * called: on the terminal once, since it is so in many runs then. */
void store_tell_of_own_file(struct store *store, const struct run *run, const char *name, const char *ours);
/* Begins, works and ends until nothing is pending; store_flush() makes sure of the log dir before. */
bool store_write_pending(struct store *store, struct error *err);
/* Adds a record; the store owns it from then on. */
void store_add_record(struct store *store, struct record *record);
