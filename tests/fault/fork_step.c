/* The same as a program on furcate.h. */
#include <furcate.h>

#include "step.h"

static int nothing; /* what the objects of the pipeline are here */

static bool get_datasets(struct furcate_fork *fork, const struct furcate_filepaths *files,
                         struct furcate_datasets *datasets)
{
    (void)fork, (void)files;
    datasets->train = &nothing;
    return true;
}

static void *get_model(struct furcate_fork *fork)
{
    (void)fork;
    return &nothing;
}

static void *model_fit(struct furcate_fork *fork, void *model, void *train, int64_t epochs, void *valid,
                       void *callbacks, int64_t verbose)
{
    (void)model, (void)train, (void)epochs, (void)valid, (void)callbacks, (void)verbose;
    int step = (int)furcate_config_int(fork, "step");
    if (step_fails(step)) {
        furcate_fail(fork, "fails once");
        return NULL;
    }
    if (step == STEP_COMES_LATE) {
        step_await_row();
        step_leave_process();
    }
    return &nothing;
}

static bool model_save(struct furcate_fork *fork, void *model)
{
    (void)model;
    step_finish((int)furcate_config_int(fork, "step"));
    return true;
}

static bool save_metric(struct furcate_fork *fork, struct furcate_results *results, void *history,
                        const char *metric)
{
    (void)history, (void)metric;
    int step = (int)furcate_config_int(fork, "step");
    furcate_set_result(results, "loss", step / 10.0);
    if (step == STEP_FAILS_ONCE)
        furcate_set_result(results, "late", 0.25);
    if (step == STEP_REPORTS)
        furcate_set_result(results, "accuracy", 0.5);
    return true;
}

static bool plot_metric(struct furcate_fork *fork, void *history, const char *metric)
{
    (void)fork, (void)history, (void)metric;
    return true;
}

int main(int argc, char **argv)
{
    struct furcate_ops ops = {
        .get_datasets = get_datasets,
        .get_model = get_model,
        .model_fit = model_fit,
        .model_save = model_save,
        .save_metric = save_metric,
        .plot_metric = plot_metric,
    };
    return furcate_fork_main(&ops, "config.json", argc, argv);
}
