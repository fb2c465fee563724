/*
 * furcate: one config file, one training run per permutation of its arrays, every GPU busy.
 *
 * A program fills a struct furcate_ops and calls furcate_fork_main() with a config file. Started by hand, the
 * call is the runner: it plans the grid, launches this same program once per permutation, and keeps the
 * results. Started by the runner, the call is one run: it takes the methods below through the training
 * pipeline.
 *
 * Numbers are read and written as in the C locale, whatever setlocale() or uselocale() have set.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FURCATE_API __attribute__((visibility("default")))

/* One run, as its program sees it: config values, identity, run directory. Lives until furcate_fork_main
 * returns. */
struct furcate_fork;

/* File paths; owned by the library, valid until furcate_fork_main returns. */
struct furcate_files {
    const char *const *paths;
    size_t count;
};

/* Files below data_dir, sorted by name, chosen by train_prefix, test_prefix and valid_prefix. */
struct furcate_filepaths {
    struct furcate_files train, test, valid;
};

/* Datasets of the program's own kind. A NULL test set skips model_evaluate. */
struct furcate_datasets {
    void *train, *test, *valid;
};

/* A named number. */
struct furcate_metric {
    const char *name;
    double value;
};

/* Everything a run's methods made; what was never made is NULL. */
struct furcate_objects {
    struct furcate_datasets datasets;
    void *model, *optimizer, *loss, *callbacks, *history;
};

/* The results of a run, as they will stand in run_data.json and run_data.csv. */
struct furcate_results;

/*
 * The virtual methods, in the order of their call in a run. A method that returns a pointer has failed when
 * it returns NULL (get_callbacks and model_fit excepted), one that returns bool when it returns false, and
 * any when it called furcate_fail(), which is how it says why. When a method fails, only release is called
 * after it, and the run has failed; but once model_fit has returned nothing is lost by what fails: the other
 * methods are called, the run is done, and the fault is told in the run's .err, in run_data.csv (run_faults)
 * and at the runner's end. A run whose model_save failed is not done; its history and results are kept.
 * Methods marked "required" have no default; furcate_fork_main() names all that are missing.
 */
struct furcate_ops {
    /* The program's own; furcate_context() returns it. */
    void *context;

    /* In the runner. Writes at most `capacity` GPU indices and returns how many there are, or -1 for failure.
     * Each is a slot, so that 0 and 0 are two runs at a time on GPU 0; all may be -1, for as many CPU slots.
     * Default: NVML, else nvidia-smi. */
    int (*get_available_gpu_indices)(int *indices, int capacity);

    /* Default: sets CUDA_VISIBLE_DEVICES to the run's GPU. A method that is given finds that variable as the
     * user's environment has it. */
    bool (*set_visible_gpus)(struct furcate_fork *fork);
    /* Default: files of data_dir whose names start with the prefixes. A program with a method of its own may
     * have any data_dir, also "gs://bucket/x" or one that is not there yet. */
    bool (*get_filepaths)(struct furcate_fork *fork, struct furcate_filepaths *filepaths);
    /* Required. */
    bool (*get_datasets)(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                         struct furcate_datasets *datasets);
    /* Required. */
    void *(*get_model)(struct furcate_fork *fork);
    /* Called when the config's verbose is 1 or more. Default: nothing. */
    void (*model_summary)(struct furcate_fork *fork, void *model);
    /* The names of the metrics to keep and plot, NULL-terminated; "loss" is always kept besides. Default:
     * only it. */
    const char *const *(*get_metrics)(struct furcate_fork *fork);
    /* Default: none, for a program whose model_fit does it all; so are the next two. */
    void *(*get_optimizer)(struct furcate_fork *fork);
    void *(*get_loss)(struct furcate_fork *fork);
    bool (*model_compile)(struct furcate_fork *fork, void *model, void *optimizer, void *loss,
                          const char *const *metrics);
    /* Default: none. NULL is no failure. */
    void *(*get_callbacks)(struct furcate_fork *fork);
    /* Required. Trains, calling furcate_report() once an epoch; what it returns is handed to the methods
     * below as `history`, NULL meaning "what was reported". Fails by furcate_fail() alone. */
    void *(*model_fit)(struct furcate_fork *fork, void *model, void *train_dataset, int64_t epochs,
                       void *valid_dataset, void *callbacks, int64_t verbose);
    /* Required. Saves to furcate_log_dir(). */
    bool (*model_save)(struct furcate_fork *fork, void *model);
    /* Required when get_datasets makes a test set. Adds its numbers with furcate_add_result(). */
    bool (*model_evaluate)(struct furcate_fork *fork, void *model, void *test_dataset,
                           struct furcate_results *results);
    /* Default: keeps the last reported value of `metric` as train_{metric} and of val_{metric} as
     * val_{metric}. */
    bool (*save_metric)(struct furcate_fork *fork, struct furcate_results *results, void *history,
                        const char *metric);
    /* Default: {metric}.jpg in the run directory, its train and validation curve over the epochs. */
    bool (*plot_metric)(struct furcate_fork *fork, void *history, const char *metric);
    /* Default: the reported values as JSON, {"accuracy": [first epoch, …], "val_accuracy": […], …}. */
    bool (*save_history)(struct furcate_fork *fork, void *history, FILE *out);

    /* Called by furcate_train_preprocess() and its siblings, for get_datasets. The three default to
     * `preprocess`, and that to leaving the record as it is. */
    bool (*preprocess)(struct furcate_fork *fork, void *record);
    bool (*train_preprocess)(struct furcate_fork *fork, void *record);
    bool (*test_preprocess)(struct furcate_fork *fork, void *record);
    bool (*valid_preprocess)(struct furcate_fork *fork, void *record);

    /* Last, also after a failure: frees what the methods made. Default: nothing. */
    void (*release)(struct furcate_fork *fork, struct furcate_objects *objects);
};

/*
 * Runs the plan of a config, or, when the runner started this process, one run of it.
 *
 * ops     the methods; borrowed until the call returns
 * config  path of the config file, or NULL; `--config FILE` in argv goes before it. Other arguments are the
 *         program's own: every run gets the same argv
 * Returns the exit status for main(): 0 every run is done; 1 some failed;
 * 2 bad usage or config; 3 no device; 130 or 143 stopped by SIGINT or SIGTERM. Messages go to stderr.
 */
FURCATE_API int furcate_fork_main(const struct furcate_ops *ops, const char *config, int argc, char **argv);

/* Says why the current method fails, in words for the person at the terminal. Returns false. */
FURCATE_API bool furcate_fail(struct furcate_fork *fork, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Config values of this run. When a key is missing or of another kind these return 0, false or "", and the
 * run fails with a message that names the key, its value and what was wanted, as soon as the current method
 * returns. An integer is taken as a float, and a float as an integer only when it is whole, as 32.0 is.
 * Returned strings live as long as the fork.
 */
FURCATE_API bool furcate_config_has(struct furcate_fork *fork, const char *key);
FURCATE_API int64_t furcate_config_int(struct furcate_fork *fork, const char *key);
FURCATE_API double furcate_config_float(struct furcate_fork *fork, const char *key);
FURCATE_API bool furcate_config_bool(struct furcate_fork *fork, const char *key);
FURCATE_API const char *furcate_config_string(struct furcate_fork *fork, const char *key);
/* Copy at most `capacity` elements of an array of numbers; return how many the array has. */
FURCATE_API size_t furcate_config_ints(struct furcate_fork *fork, const char *key, int64_t *values,
                                       size_t capacity);
FURCATE_API size_t furcate_config_floats(struct furcate_fork *fork, const char *key, double *values,
                                         size_t capacity);
/* Any value as JSON text. */
FURCATE_API const char *furcate_config_json(struct furcate_fork *fork, const char *key);

/* Who this run is. The name is "{data_name}{id}"; log_dir is the run directory, absolute; gpu_id is -1 on a
 * CPU slot; attempts are counted from 1. */
FURCATE_API int64_t furcate_id(const struct furcate_fork *fork);
FURCATE_API const char *furcate_name(const struct furcate_fork *fork);
FURCATE_API const char *furcate_log_dir(const struct furcate_fork *fork);
FURCATE_API int furcate_gpu_id(const struct furcate_fork *fork);
FURCATE_API int furcate_attempt(const struct furcate_fork *fork);
/* The context of the ops. */
FURCATE_API void *furcate_context(const struct furcate_fork *fork);

/*
 * Reports metrics of one step (an epoch, counted from 0 or 1), and appends them to metrics.jsonl. Names are
 * "accuracy", "loss" for training and "val_accuracy", "val_loss" for validation values; neither "step" nor
 * "time", which every line has, and without control characters.
 * Returns false for such a step or name; the run then fails after the current method. A line that cannot be
 * written is a fault, told at the end, and the history has its values.
 */
FURCATE_API bool furcate_report(struct furcate_fork *fork, int64_t step, const struct furcate_metric *metrics,
                                size_t count);

/* Adds one number of the test evaluation: an element of run_results and the column run_test_{name}. */
FURCATE_API void furcate_add_result(struct furcate_results *results, const char *name, double value);
/* Sets run_{name} to a number. Names that furcate keeps itself (start_time, results, epochs, id, …) fail the
 * run. */
FURCATE_API void furcate_set_result(struct furcate_results *results, const char *name, double value);

/* Saves {metric}.jpg in the run directory: train and valid over epochs 1..count. Either may be NULL. Without
 * gnuplot a line in the run's .err says so and the run goes on. */
FURCATE_API bool furcate_plot(struct furcate_fork *fork, const char *metric, const double *train,
                              const double *valid, size_t count);

/* Runs the program's preprocess methods on one record. */
FURCATE_API bool furcate_train_preprocess(struct furcate_fork *fork, void *record);
FURCATE_API bool furcate_test_preprocess(struct furcate_fork *fork, void *record);
FURCATE_API bool furcate_valid_preprocess(struct furcate_fork *fork, void *record);

/* The version of the library, "0.1.0". */
FURCATE_API const char *furcate_version(void);

#ifdef __cplusplus
}
#endif
