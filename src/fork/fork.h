/* One run, seen from inside: what the methods of a struct furcate_ops are given, and what they made. */
#pragma once
#include <furcate.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vector.h"
#include "config/value.h"
#include "report/report.h"

/* meta.data as it grows. */
struct furcate_results {
    struct furcate_fork *fork;
    struct value *data;    /* object */
    struct value *numbers; /* its array "results"; NULL until there is one */
};

/* A vector of paths that the fork owns. */
struct fork_paths {
    char **items;
    size_t count, capacity;
};

struct furcate_fork {
    const struct furcate_ops *ops;
    struct value *config; /* config.json */
    int64_t id;
    char *name, *log_dir, *metrics_path;
    int gpu_id, attempt;

    const char *method;   /* the one that is being called, for messages */
    struct error failure; /* the first one; kind ERROR_NONE while all is well */
    bool is_trained;      /* model_fit has returned: from here on nothing may lose what it made */
    struct error unsaved; /* why model_save failed; kind ERROR_NONE: it did not */
    struct value *faults; /* array of texts: what went wrong after the training; NULL: nothing */
    bool told_of_plots;   /* that they cannot be made, once */
    bool asks_itself;     /* the methods look epochs and verbose up for themselves */

    struct fork_paths train, test, valid;
    struct furcate_filepaths filepaths;
    struct furcate_objects objects;
    const char *const *metrics;
    struct history *history;
    double start_time;
    int64_t started; /* the same by clock_monotonic() */
    struct furcate_results results;
    struct value *added;  /* object: what the program added to the config, for run_data.json; NULL: nothing */
    VECTOR(char *) texts; /* that furcate_config_json() returned */
};

/*
 * Reads the config of a run as the runner wrote it: config.json, but furcate.json next to it in a run that a
 * runner has started, since the program may save a config.json of its own. One reference; NULL with err set.
 */
struct value *fork_read_keys(const char *path, struct error *err);
/*
 * Reads the config of a run for a Fork. Where it is that of a wrapped program, which has the user's keys
 * alone, the defaults of the spec join, and what the environment and furcate.json say of the run: log_dir,
 * gpu_id and meta. One reference; NULL with err set (ERROR_CONFIG, ERROR_SYSTEM), for a missing key too.
 */
struct value *fork_read_config(const char *path, struct error *err);
/* Returns meta.run of such a config; NULL: it has none. */
const struct value *fork_run_identity(const struct value *config);

/* Reads the config of a run. NULL with err set (ERROR_CONFIG, ERROR_SYSTEM) when it is none. */
struct furcate_fork *fork_create(const struct furcate_ops *ops, const char *config_path, struct error *err);
void fork_destroy(struct furcate_fork *fork);

/*
 * Takes the run through all methods. Returns false with fork->method and fork->failure set when the run is
 * not done; run_data.json is then not there. A method after model_fit that fails leaves a fault and nothing
 * more, but for model_save: the rest is then kept in run_data.unsaved.json.
 */
bool fork_train(struct furcate_fork *fork);
/* Notes a fault for the results and the runner, and warns of it; the same text counts once. */
void fork_add_fault(struct furcate_fork *fork, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool fork_failed(const struct furcate_fork *fork);
/* A line "furcate: example0: …" on stderr. */
void fork_warn(const struct furcate_fork *fork, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Whether all required methods are there; else a message for all that are not. */
bool fork_check_methods(const struct furcate_ops *ops, struct error *err);

/* Around each fork(2) of a fork server, for an interpreter that must know of it; any may be NULL. */
struct fork_hooks {
    void (*before)(void);
    void (*parent)(void);
    void (*child)(void);
};

enum fork_served {
    FORK_RUN,   /* this process is a run now */
    FORK_ENDED, /* no more runs are wanted: the program is to exit with status 0 */
    FORK_FAILED /* err is set; the program is to say so and exit */
};

/* Whether the runner has started this process to be forked for each run (FURCATE_SERVER is set). */
bool fork_is_server(void);
/*
 * Tells the runner that the program is warm, and forks this process whenever it asks for a run; returns in
 * each forked process, and once in this one. A run has the environment, working directory, stdin, stdout and
 * stderr, session and control group that it would have if it had been started by itself, and none of the
 * server's files. The calling thread is the only one in it.
 *
 * sources  files that the program was read from, besides those of its command line, NULL-terminated: when one
 *          is edited the runner starts the server anew. NULL: none
 * *argv    for FORK_RUN its command line, NULL-terminated; the words stay, the array is the caller's to
 * free()
 */
enum fork_served fork_serve(const struct fork_hooks *hooks, char *const *sources, char ***argv,
                            struct error *err);

/* The methods as they are when the program brings none of its own. */
bool fork_set_visible_gpus(struct furcate_fork *fork);
bool fork_get_filepaths(struct furcate_fork *fork, struct furcate_filepaths *filepaths);
bool fork_save_metric(struct furcate_fork *fork, struct furcate_results *results, void *history,
                      const char *metric);
bool fork_plot_metric(struct furcate_fork *fork, void *history, const char *metric);
bool fork_save_history(struct furcate_fork *fork, void *history, FILE *out);

/* Begins meta.data with the time of the start, in the order of run_data.csv. */
void results_add_start(struct furcate_results *results, double start_time);
/* Adds the other times: from start_time on it took `seconds` until now. */
void results_add_end(struct furcate_results *results, double start_time, double seconds);
/* Makes the array "results", empty as yet, unless it is there. */
void results_add_numbers(struct furcate_results *results);
/* Adds an element of "results" and, unless `name` is NULL, test_{name}. Takes the value over. */
void results_add_value(struct furcate_results *results, const char *name, struct value *value);
/* Returns whether furcate keeps meta.data's member of that name itself. */
bool results_is_kept(const char *name);
