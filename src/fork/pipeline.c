/* The methods of a run, in the order of their call. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "config/config.h"
#include "fork/fork.h"
#include "store/store.h"

/* For what a method returned: NULL or false is a failure, and one without a reason gets this one. */
static bool check(struct furcate_fork *fork, bool good, const char *returned)
{
    if (!good)
        furcate_fail(fork, "it returned %s and did not say why; furcate_fail() does", returned);
    return good && !fork_failed(fork);
}

static bool check_made(struct furcate_fork *fork, const void *made)
{
    return check(fork, made, "NULL");
}

static bool check_done(struct furcate_fork *fork, bool done)
{
    return check(fork, done, "false");
}

static bool set_visible_gpus(struct furcate_fork *fork)
{
    return (fork->ops->set_visible_gpus ? fork->ops->set_visible_gpus : fork_set_visible_gpus)(fork);
}

static bool get_filepaths(struct furcate_fork *fork)
{
    fork->start_time = clock_wall();
    fork->started = clock_monotonic();
    results_add_start(&fork->results, fork->start_time);
    return (fork->ops->get_filepaths ? fork->ops->get_filepaths : fork_get_filepaths)(fork, &fork->filepaths);
}

/* That nobody can evaluate the test set must be known before the training, not after it. */
static bool get_datasets(struct furcate_fork *fork)
{
    struct furcate_datasets *datasets = &fork->objects.datasets;
    if (!fork->ops->get_datasets(fork, &fork->filepaths, datasets))
        return false;
    return !datasets->test || fork->ops->model_evaluate ||
           furcate_fail(fork,
                        "it made a test set, but struct furcate_ops has no model_evaluate: set it, or leave "
                        "datasets->test NULL");
}

static bool get_model(struct furcate_fork *fork)
{
    fork->objects.model = fork->ops->get_model(fork);
    return check_made(fork, fork->objects.model);
}

static bool model_summary(struct furcate_fork *fork)
{
    if (fork->ops->model_summary && (fork->asks_itself || furcate_config_int(fork, "verbose") >= 1))
        fork->ops->model_summary(fork, fork->objects.model);
    return true;
}

static bool get_metrics(struct furcate_fork *fork)
{
    static const char *const none[] = {NULL};
    fork->metrics = fork->ops->get_metrics ? fork->ops->get_metrics(fork) : none;
    return check_made(fork, fork->metrics);
}

static bool get_optimizer(struct furcate_fork *fork)
{
    if (!fork->ops->get_optimizer)
        return true;
    fork->objects.optimizer = fork->ops->get_optimizer(fork);
    return check_made(fork, fork->objects.optimizer);
}

static bool get_loss(struct furcate_fork *fork)
{
    if (!fork->ops->get_loss)
        return true;
    fork->objects.loss = fork->ops->get_loss(fork);
    return check_made(fork, fork->objects.loss);
}

static bool model_compile(struct furcate_fork *fork)
{
    struct furcate_objects *made = &fork->objects;
    return !fork->ops->model_compile ||
           fork->ops->model_compile(fork, made->model, made->optimizer, made->loss, fork->metrics);
}

static bool get_callbacks(struct furcate_fork *fork)
{
    if (fork->ops->get_callbacks)
        fork->objects.callbacks = fork->ops->get_callbacks(fork);
    return true;
}

static bool model_fit(struct furcate_fork *fork)
{
    struct furcate_objects *made = &fork->objects;
    int64_t epochs = furcate_config_int(fork, "epochs");
    int64_t verbose = furcate_config_int(fork, "verbose");
    if (fork_failed(fork))
        return false;
    made->history = fork->ops->model_fit(fork, made->model, made->datasets.train, epochs,
                                         made->datasets.valid, made->callbacks, verbose);
    fork->is_trained = !fork_failed(fork);
    return true;
}

static bool model_save(struct furcate_fork *fork)
{
    bool saved = fork->ops->model_save(fork, fork->objects.model);
    results_add_end(&fork->results, fork->start_time, clock_seconds_since(fork->started));
    return saved;
}

static bool model_evaluate(struct furcate_fork *fork)
{
    struct furcate_objects *made = &fork->objects;
    if (!made->datasets.test)
        return true;
    if (!fork->ops->model_evaluate(fork, made->model, made->datasets.test, &fork->results))
        return false;
    results_add_numbers(&fork->results);
    return true;
}

/* Makes a fault of what the method failed with, for the run goes on. */
static void pass_over(struct furcate_fork *fork)
{
    struct error why = fork->failure;
    fork->failure = (struct error){0};
    fork_add_fault(fork, "%s failed: %s", fork->method, why.text);
}

static void keep_metric(struct furcate_fork *fork, const char *metric)
{
    const struct furcate_ops *ops = fork->ops;
    void *history = fork->objects.history;
    fork->method = "save_metric";
    if (!check_done(fork, (ops->save_metric ? ops->save_metric : fork_save_metric)(fork, &fork->results,
                                                                                   history, metric)))
        pass_over(fork);
    fork->method = "plot_metric";
    if (!check_done(fork, (ops->plot_metric ? ops->plot_metric : fork_plot_metric)(fork, history, metric)))
        pass_over(fork);
}

/* The loss is kept also when get_metrics does not list it. */
static bool keep_metrics(struct furcate_fork *fork)
{
    bool lists_loss = false;
    for (const char *const *metric = fork->metrics; *metric; metric++) {
        lists_loss |= strcmp(*metric, "loss") == 0;
        keep_metric(fork, *metric);
    }
    if (!lists_loss)
        keep_metric(fork, "loss");
    return true;
}

typedef bool save_history_method(struct furcate_fork *fork, void *history, FILE *out);

static bool write_history(struct furcate_fork *fork, save_history_method *save)
{
    char *json = NULL;
    size_t len = 0;
    struct error err = {0};
    FILE *out = open_memstream(&json, &len);
    if (!out)
        return furcate_fail(fork, "out of memory");
    bool saved = check_done(fork, save(fork, fork->objects.history, out));
    fclose(out);
    CLEANUP(memory_free) char *content = json;
    CLEANUP(memory_free) char *path = file_join(fork->log_dir, "history.json");
    return saved && (folder_write_path(path, content, len, &err) || furcate_fail(fork, "%s", err.text));
}

/* Writes the history; where the program's own method fails, what was reported is the history. */
static bool save_history(struct furcate_fork *fork)
{
    if (!fork->ops->save_history || write_history(fork, fork->ops->save_history))
        return fork->ops->save_history || write_history(fork, fork_save_history);
    pass_over(fork);
    return write_history(fork, fork_save_history);
}

/* A run is not done without its model; the file tells what else is there, and becomes run_data.json when
 * somebody renames it. */
static const char *const unsaved_name = "run_data.unsaved.json";

static void tell_of_unsaved(const struct furcate_fork *fork, const char *path)
{
    fork_warn(fork,
              "the run is not done, since model_save failed; its results are in %s: rename it to "
              "run_data.json, and the next start counts the run as done",
              path);
}

static bool write_run_data(const struct furcate_fork *fork, const struct value *run_data, struct error *err)
{
    CLEANUP(memory_free) char *unsaved = file_join(fork->log_dir, unsaved_name);
    if (fork->unsaved.kind == ERROR_NONE) {
        if (fork->attempt > 1)
            unlink(unsaved); /* of an earlier attempt */
        return store_write_run_data(fork->log_dir, run_data, err);
    }
    CLEANUP(text_free) struct text json = {0};
    value_add_json_lines(&json, run_data);
    text_add_char(&json, '\n');
    if (!folder_write_path_synced(unsaved, json.data, json.len, err))
        return false;
    tell_of_unsaved(fork, unsaved);
    return true;
}

/* Adds the best step, where the objective asks for it. */
static void add_best(struct furcate_fork *fork)
{
    const struct config_objective objective = config_objective_of(value_get(fork->config, "meta"));
    report_add_best(fork->results.data, fork->history, &objective);
}

/* Last of all: once run_data.json is there, the run counts as finished. */
static bool save_run_data(struct furcate_fork *fork)
{
    struct error err = {0};
    add_best(fork);
    value_object_set(fork->results.data, "epochs", value_new_int(history_epochs(fork->history)));
    if (fork->faults)
        value_object_set(fork->results.data, "faults", value_ref(fork->faults));
    CLEANUP(value_cleanup) struct value *run_data = store_run_data(fork->config, fork->results.data);
    for (size_t i = 0; fork->added && i < value_count(fork->added); i++)
        value_object_set(run_data, value_key(fork->added, i), value_ref(value_item(fork->added, i)));
    return write_run_data(fork, run_data, &err) || furcate_fail(fork, "%s", err.text);
}

/* The consequence for the run when a step fails. */
enum loss {
    LOSES_RUN,   /* it ends */
    LOSES_MODEL, /* it goes on, but is not done */
    LOSES_NOTHING
};

static const struct step {
    const char *method;
    bool (*carry_out)(struct furcate_fork *fork);
    enum loss loss;
} steps[] = {
    {"set_visible_gpus", set_visible_gpus, LOSES_RUN},
    {"get_filepaths", get_filepaths, LOSES_RUN},
    {"get_datasets", get_datasets, LOSES_RUN},
    {"get_model", get_model, LOSES_RUN},
    {"model_summary", model_summary, LOSES_RUN},
    {"get_metrics", get_metrics, LOSES_RUN},
    {"get_optimizer", get_optimizer, LOSES_RUN},
    {"get_loss", get_loss, LOSES_RUN},
    {"model_compile", model_compile, LOSES_RUN},
    {"get_callbacks", get_callbacks, LOSES_RUN},
    {"model_fit", model_fit, LOSES_RUN},
    {"model_save", model_save, LOSES_MODEL},
    {"model_evaluate", model_evaluate, LOSES_NOTHING},
    {"save_metric", keep_metrics, LOSES_NOTHING},
    {"save_history", save_history, LOSES_NOTHING},
    {"writing run_data.json", save_run_data, LOSES_RUN},
};

static void set_seed(struct furcate_fork *fork)
{
    int64_t seed = 0;
    const struct value *value = value_get(fork->config, "seed");
    if (!value || !value_int(value, &seed))
        return;
    srand((unsigned)seed);
    srandom((unsigned)seed);
    srand48((long)seed);
}

/* Returns whether the run goes on after a step that failed. */
static bool get_over(struct furcate_fork *fork, enum loss loss)
{
    if (loss == LOSES_RUN)
        return false;
    if (loss == LOSES_MODEL)
        fork->unsaved = fork->failure;
    pass_over(fork);
    return true;
}

bool fork_train(struct furcate_fork *fork)
{
    set_seed(fork);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        fork->method = steps[i].method;
        if (!check_done(fork, steps[i].carry_out(fork)) && !get_over(fork, steps[i].loss))
            return false;
    }
    if (fork->unsaved.kind == ERROR_NONE)
        return true;
    fork->method = "model_save";
    fork->failure = fork->unsaved;
    return false;
}
