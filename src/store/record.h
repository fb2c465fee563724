/*
 * What is to be written of one attempt. A record owns all it holds, as plain text, so that the thread of
 * store_commit_work() shares nothing with the one that made it: values are counted by reference without
 * atomics.
 */
#pragma once
#include "store/database.h"
#include "store/row.h"
#include "store/store.h"

struct record {
    int64_t id;
    char *name, *label, *directory; /* directory: absolute */
    enum run_state state;

    char slot[24];
    int attempt, gpu_id; /* attempt 0: the attempt is not recorded */
    char *command;       /* NULL: not told */
    int64_t code, start_id;
    int pid; /* 0: its start was recorded before */
    double start_time;
    bool has_ended;
    struct attempt_end end;
    char *error_tail;

    bool has_row;
    struct row row;
    char *log_dir;             /* as the row has it */
    char *run_data;            /* run_data.json to be written; NULL: none, or written */
    const char *run_data_name; /* of its file */
    char *run_record;  /* the row is to be made from it, and from the run_data.json that the run has written;
                          NULL */
    bool is_mark;      /* run_data.json says no more than that the run ended well; nothing else is written */
    struct text notes; /* lines for the log, from the thread that writes run_data.json */
};

struct record *store_record_new(const struct run *run, enum run_state state);
void store_record_free(struct record *record);
