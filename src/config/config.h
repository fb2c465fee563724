/* A config file, read and checked. */
#pragma once
#include "config/fault.h"
#include "config/value.h"

#include "base/error.h"

/*
 * Who reads the config. The Fork pipeline needs the spec's required keys, in the spec's types, and gets the
 * defaults of the rest. To any other program a config is what its user wrote: no key is required, filled in
 * or checked.
 */
enum config_use { CONFIG_FOR_FORK, CONFIG_FOR_PROGRAM };

enum config_order { ORDER_SPREAD, ORDER_SHUFFLE, ORDER_CONFIG };
enum config_start { START_AUTO, START_FORK, START_SPAWN };

/* meta.objective. */
struct config_objective {
    const char *metric; /* NULL: there is none */
    bool is_max;
    bool of_best; /* of the best step, not of the last */
};

/* `meta`, with its defaults filled in. Borrowed from the config. */
struct config_meta {
    bool allow_cpu;
    int max_threads;             /* -1: one a device */
    const struct value *exclude; /* array of objects */
    const struct value *gpus;    /* array of indices and UUIDs; NULL: all */
    const struct value *program; /* array of strings; NULL: none */
    const struct value *metrics; /* object: name to regular expression; NULL: none */
    struct config_objective objective;
    enum config_order order;
    enum config_start start;
    bool fail_fast;    /* stop when three configs in a row fail at once with one message */
    int retries;       /* further attempts after the first */
    double timeout;    /* seconds; 0: none */
    double kill_grace; /* seconds between SIGTERM and SIGKILL */
    struct {
        bool enabled;
        double delay; /* seconds */
        int top, trace;
    } mem_trace;
};

struct config; /* counted by reference; immutable but for config_keep_fixed() */

/*
 * Reads JSON or YAML (also with single quotes, comments, trailing commas, Python's True, False and None).
 *
 * path    the file; "-" is stdin. It is never written to.
 * faults  gets all errors and warnings
 * Returns NULL when there is any error.
 */
struct config *config_read(const char *path, enum config_use use, struct faults *faults);
/* The same for a text in memory, whose file would have that name. */
struct config *config_read_text(const char *name, const char *text, size_t len, enum config_use use,
                                struct faults *faults);
/*
 * For plan_read(): the same with keys that count instead of the file's, and with a config also when there are
 * errors, if its axes can be looked at for further faults; its meta then holds no more than exclude_configs.
 *
 * overrides  NULL, or "key=value" texts with NULL after the last, where a key may also be a path into an
 *            object ("meta.retries=2", "model.dropout=0.5"), and the value is JSON or YAML
 */
struct config *config_read_for_plan(const char *path, enum config_use use, char *const *overrides,
                                    struct faults *faults);
/* Does the same for the content of such a file, which was read already. */
struct config *config_read_text_for_plan(const char *path, const struct text *text, enum config_use use,
                                         char *const *overrides, struct faults *faults);
/*
 * Makes what a Fork gets of a run's keys, each with its one value: with the defaults of those that are
 * missing. One reference; NULL with err set, all faults in it, when they are not what a Fork needs.
 */
struct value *config_complete_run(const struct value *keys, const char *path, struct error *err);
struct config *config_ref(struct config *config);
void config_unref(struct config *config);
/*
 * Gives an edited config, which nobody else holds yet, what `current` has for the keys of meta that a running
 * furcate does not follow: program, gpus and allow_cpu. Adds the names of those that were edited to
 * `differing`: "meta.gpus and meta.program".
 */
void config_keep_fixed(struct config *config, const struct config *current, struct text *differing);

/* The path it was read from. */
const char *config_path(const struct config *config);
enum config_use config_use(const struct config *config);
/*
 * All keys but `meta` and `$schema`: the user's in the order of the file; for a Fork then the spec's defaults
 * that the file leaves out (log_dir, train_prefix, …, prefetch).
 */
const struct value *config_keys(const struct config *config);
/* Returns whether the i-th of config_keys is an axis: written as an array. */
bool config_is_axis(const struct config *config, size_t i);
/* The default of a key that has one, else NULL: what a row without this column counts as. */
const struct value *config_default(const struct config *config, const char *key);
/* Returns the same for a key that a Fork would fill in, whoever reads the config: a row may have this value
 * for a key that the config lacks. */
const struct value *config_usual(const struct config *config, const char *key);
/* `meta` with defaults, as it goes into config.json and the CSV. */
const struct value *config_meta_value(const struct config *config);
const struct config_meta *config_meta(const struct config *config);
/* Returns all of it as one object. One reference. */
struct value *config_as_value(const struct config *config);
/* Returns the same without the defaults of keys, as the user would write it. */
struct value *config_as_given(const struct config *config);
/* Returns the folder of all output: the key log_dir where that is a path, else "logs". */
const char *config_log_dir(const struct config *config);
/* Returns the beginning of the runs' names: the key data_name where that is one word, else the file's name.
 */
const struct value *config_data_name(const struct config *config);
/* Returns the seed of a shuffled order: the key seed where that is one integer, else 42. */
int64_t config_seed(const struct config *config);

/* Returns whether a Fork has a default for the key. */
bool config_has_default(const char *key);
/* Returns a hash of a run's keys but for log_dir, whatever their order, as text: by it meta.run of a record
 * tells whether its keys were edited. free() it. */
char *config_format_hash(const struct value *keys);
/*
 * Returns what precedes a key in the name of its column in run_data.csv: "config_" for keys that begin with
 * run_ and for gpu_id, since those columns are furcate's, else "". Each key has a column of its own.
 */
const char *config_column_prefix(const char *key);

/* Returns whether a result of a run cannot have this name, because furcate keeps its own under it. */
bool config_result_is_taken(const char *name);
/* Returns the objective in a checked `meta`, or in one from a table, of which only good parts are taken.
 * Borrowed. */
struct config_objective config_objective_of(const struct value *meta);
/* Returns the i-th of the CONFIG_METRIC_NAMES names under which to look for a metric: its own, and the one
 * that it has in a Fork's results: "loss" and "train_loss", "train_loss" and "loss"; "run_" is left out.
 * free() it.
 */
enum { CONFIG_METRIC_NAMES = 2 };
char *config_metric_name(const char *metric, size_t i);
/* Why no report can have a metric of this name, with the remedy; NULL: it can. */
const char *config_metric_find_report_fault(const char *name);
/* The same where a column of run_data.csv is made of the metric. */
const char *config_metric_find_fault(const char *name);

/* Reads one JSON or YAML text into a value without checking it as a config, as config.json, run_data.json and
 * CSV cells are. NULL with err set (ERROR_CONFIG; "NAME:LINE:COLUMN: …") when it is malformed. */
struct value *config_parse(const char *name, const char *text, size_t len, struct error *err);
/* Does the same for a whole file, which must be a regular one. */
struct value *config_parse_file(const char *path, struct error *err);
