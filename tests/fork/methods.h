/* The smallest set of methods: each writes its name to stdout, and makes what a test can recognise. */
#pragma once
#include <furcate.h>
#include <stdio.h>

static int made_train, made_test, made_valid, made_model, made_optimizer, made_loss;

static inline bool get_datasets(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                                struct furcate_datasets *datasets)
{
    (void)fork;
    printf("get_datasets %zu %zu %zu\n", filepaths->train.count, filepaths->test.count,
           filepaths->valid.count);
    *datasets = (struct furcate_datasets){.train = &made_train, .test = &made_test, .valid = &made_valid};
    return true;
}

static inline void *get_model(struct furcate_fork *fork)
{
    (void)fork;
    puts("get_model");
    return &made_model;
}

static inline void model_summary(struct furcate_fork *fork, void *model)
{
    (void)fork;
    puts(model == &made_model ? "model_summary" : "model_summary of another model");
}

static inline const char *const *get_metrics(struct furcate_fork *fork)
{
    static const char *const metrics[] = {"accuracy", NULL};
    (void)fork;
    puts("get_metrics");
    return metrics;
}

static inline void *get_optimizer(struct furcate_fork *fork)
{
    (void)fork;
    puts("get_optimizer");
    return &made_optimizer;
}

static inline void *get_loss(struct furcate_fork *fork)
{
    (void)fork;
    puts("get_loss");
    return &made_loss;
}

static inline bool model_compile(struct furcate_fork *fork, void *model, void *optimizer, void *loss,
                                 const char *const *metrics)
{
    (void)fork;
    printf("model_compile %s\n", metrics[0]);
    return model == &made_model && optimizer == &made_optimizer && loss == &made_loss;
}

/* Reports accuracies 0.5, 0.75, … and losses 1/1, 1/2, …; the validation values of the first epoch only. */
static inline void *model_fit(struct furcate_fork *fork, void *model, void *train_dataset, int64_t epochs,
                              void *valid_dataset, void *callbacks, int64_t verbose)
{
    printf("model_fit %lld %lld\n", (long long)epochs, (long long)verbose);
    if (model != &made_model || train_dataset != &made_train || valid_dataset != &made_valid || callbacks)
        furcate_fail(fork, "model_fit was given something else");
    for (int64_t epoch = 1; epoch <= epochs; epoch++) {
        const struct furcate_metric metrics[] = {{"accuracy", 0.25 + 0.25 * (double)epoch},
                                                 {"loss", 1 / (double)epoch},
                                                 {"val_accuracy", 0.125},
                                                 {"val_loss", 2}};
        furcate_report(fork, epoch, metrics, epoch == 1 ? 4 : 2);
    }
    return NULL;
}

static inline bool model_save(struct furcate_fork *fork, void *model)
{
    (void)fork;
    puts("model_save");
    return model == &made_model;
}

static inline bool model_evaluate(struct furcate_fork *fork, void *model, void *test_dataset,
                                  struct furcate_results *results)
{
    (void)fork;
    puts("model_evaluate");
    furcate_add_result(results, "loss", 0.5);
    furcate_add_result(results, "accuracy", 0.875);
    return model == &made_model && test_dataset == &made_test;
}

static inline void release(struct furcate_fork *fork, struct furcate_objects *objects)
{
    (void)fork;
    puts(objects->model == &made_model ? "release model" : "release");
}

static inline struct furcate_ops smallest_ops(void)
{
    return (struct furcate_ops){
        .get_datasets = get_datasets,
        .get_model = get_model,
        .model_summary = model_summary,
        .get_metrics = get_metrics,
        .get_optimizer = get_optimizer,
        .get_loss = get_loss,
        .model_compile = model_compile,
        .model_fit = model_fit,
        .model_save = model_save,
        .model_evaluate = model_evaluate,
        .release = release,
    };
}
