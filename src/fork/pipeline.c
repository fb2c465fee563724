/* The methods of a run, in the order of their call. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
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
    if (fork->ops->model_summary && furcate_config_int(fork, "verbose") >= 1)
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
    return true;
}

static bool model_save(struct furcate_fork *fork)
{
    if (!fork->ops->model_save(fork, fork->objects.model))
        return false;
    results_add_times(&fork->results, fork->start_time, clock_seconds_since(fork->started));
    return true;
}

static bool model_evaluate(struct furcate_fork *fork)
{
    struct furcate_objects *made = &fork->objects;
    if (!made->datasets.test)
        return true;
    results_add_numbers(&fork->results);
    return fork->ops->model_evaluate(fork, made->model, made->datasets.test, &fork->results);
}

static bool keep_metric(struct furcate_fork *fork, const char *metric)
{
    const struct furcate_ops *ops = fork->ops;
    void *history = fork->objects.history;
    fork->method = "save_metric";
    if (!check_done(fork, (ops->save_metric ? ops->save_metric : fork_save_metric)(fork, &fork->results,
                                                                                   history, metric)))
        return false;
    fork->method = "plot_metric";
    return check_done(fork, (ops->plot_metric ? ops->plot_metric : fork_plot_metric)(fork, history, metric));
}

/* The loss is kept also when get_metrics does not list it. */
static bool keep_metrics(struct furcate_fork *fork)
{
    bool lists_loss = false;
    for (const char *const *metric = fork->metrics; *metric; metric++) {
        lists_loss |= strcmp(*metric, "loss") == 0;
        if (!keep_metric(fork, *metric))
            return false;
    }
    return lists_loss || keep_metric(fork, "loss");
}

static bool save_history(struct furcate_fork *fork)
{
    char *json = NULL;
    size_t len = 0;
    struct error err = {0};
    FILE *out = open_memstream(&json, &len);
    if (!out)
        return furcate_fail(fork, "out of memory");
    bool saved = (fork->ops->save_history ? fork->ops->save_history
                                          : fork_save_history)(fork, fork->objects.history, out);
    fclose(out);
    CLEANUP(memory_free) char *content = json;
    CLEANUP(memory_free) char *path = file_join(fork->log_dir, "history.json");
    return saved && (file_write(path, content, len, &err) || furcate_fail(fork, "%s", err.text));
}

/* Last of all: once run_data.json is there, the run counts as finished. */
static bool save_run_data(struct furcate_fork *fork)
{
    struct error err = {0};
    value_object_set(fork->results.data, "epochs", value_new_int(history_epochs(fork->history)));
    CLEANUP(value_cleanup) struct value *run_data = store_run_data(fork->config, fork->results.data);
    return store_write_run_data(fork->log_dir, run_data, &err) || furcate_fail(fork, "%s", err.text);
}

static const struct step {
    const char *method;
    bool (*carry_out)(struct furcate_fork *fork);
} steps[] = {
    {"set_visible_gpus", set_visible_gpus},
    {"get_filepaths", get_filepaths},
    {"get_datasets", get_datasets},
    {"get_model", get_model},
    {"model_summary", model_summary},
    {"get_metrics", get_metrics},
    {"get_optimizer", get_optimizer},
    {"get_loss", get_loss},
    {"model_compile", model_compile},
    {"get_callbacks", get_callbacks},
    {"model_fit", model_fit},
    {"model_save", model_save},
    {"model_evaluate", model_evaluate},
    {"save_metric", keep_metrics},
    {"save_history", save_history},
    {"writing run_data.json", save_run_data},
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

bool fork_train(struct furcate_fork *fork)
{
    set_seed(fork);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        fork->method = steps[i].method;
        if (!check_done(fork, steps[i].carry_out(fork)))
            return false;
    }
    return true;
}
