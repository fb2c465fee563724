/* Trains a multi-layer perceptron on handwritten digits, one run per permutation of the config. */
#include <cblas.h>
#include <furcate.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataset.h"
#include "loss.h"
#include "model_file.h"
#include "training.h"

typedef bool preprocess_function(struct furcate_fork *fork, void *record);

static bool scale_record(struct furcate_fork *fork, void *record)
{
    (void)fork;
    image_scale(record);
    return true;
}

/* NULL is no failure when there are no files: only the training files are a must. */
static struct dataset *load(struct furcate_fork *fork, const struct furcate_files *files,
                            preprocess_function *preprocess)
{
    struct problem problem = {0};
    struct dataset *dataset = files->count ? dataset_read(files->paths, files->count, &problem) : NULL;
    if (files->count && !dataset)
        furcate_fail(fork, "%s", problem.text);
    for (size_t i = 0; dataset && i < dataset->count; i++)
        preprocess(fork, dataset_image(dataset, i));
    return dataset;
}

static bool get_datasets(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                         struct furcate_datasets *datasets)
{
    datasets->train = load(fork, &filepaths->train, furcate_train_preprocess);
    datasets->valid = load(fork, &filepaths->valid, furcate_valid_preprocess);
    datasets->test = load(fork, &filepaths->test, furcate_test_preprocess);
    return datasets->train;
}

/* Reads hidden_sizes between the inputs and the outputs. Returns the count of sizes, 0 for failure. */
static size_t get_sizes(struct furcate_fork *fork, size_t sizes[MLP_MAX_LAYERS + 1])
{
    int64_t hidden[MLP_MAX_LAYERS - 1];
    size_t count = furcate_config_ints(fork, "hidden_sizes", hidden, MLP_MAX_LAYERS - 1);

    if (count > MLP_MAX_LAYERS - 1)
        return (size_t)furcate_fail(fork, "hidden_sizes has %zu layers: give at most %d", count,
                                    MLP_MAX_LAYERS - 1);
    sizes[0] = IMAGE_PIXELS;
    for (size_t i = 0; i < count; i++) {
        if (hidden[i] < 1 || hidden[i] > MLP_MAX_WIDTH)
            return (size_t)furcate_fail(fork, "hidden_sizes holds %lld: a layer has 1 to %d units",
                                        (long long)hidden[i], MLP_MAX_WIDTH);
        sizes[i + 1] = (size_t)hidden[i];
    }
    sizes[count + 1] = DIGIT_COUNT;
    return count + 2;
}

static struct mlp *build_mlp(struct furcate_fork *fork)
{
    size_t sizes[MLP_MAX_LAYERS + 1];
    size_t size_count = get_sizes(fork, sizes);
    int64_t batch_size = furcate_config_int(fork, "batch_size");

    if (size_count == 0)
        return NULL;
    if (batch_size < 1 || batch_size > 65536) {
        furcate_fail(fork, "batch_size is %lld: give 1 to 65536", (long long)batch_size);
        return NULL;
    }
    struct mlp *mlp = mlp_create(sizes, size_count, (size_t)batch_size);
    if (!mlp)
        furcate_fail(fork, "out of memory");
    return mlp;
}

/* The model is handed on as a struct training, so that model_fit finds the optimizer and the loss in it. */
static void *get_model(struct furcate_fork *fork)
{
    struct training *training = calloc(1, sizeof *training);
    if (!training || !(training->mlp = build_mlp(fork))) {
        free(training);
        return NULL;
    }
    training->dropout = (float)furcate_config_float(fork, "dropout");
    if (!(training->dropout >= 0 && training->dropout < 1))
        furcate_fail(fork, "dropout is %g: give a probability from 0 to below 1", (double)training->dropout);
    training->random.state = (uint64_t)furcate_config_int(fork, "seed");
    mlp_initialize(training->mlp, &training->random);
    return training;
}

static void model_summary(struct furcate_fork *fork, void *model)
{
    const struct training *training = model;
    const struct mlp *mlp = training->mlp;

    printf("%s: multi-layer perceptron, %zu parameters\n", furcate_name(fork), mlp->parameter_count);
    for (size_t l = 0; l < mlp->layer_count; l++) {
        bool last = l + 1 == mlp->layer_count;
        printf("  dense %4zu -> %4zu%s", mlp->sizes[l], mlp->sizes[l + 1], last ? "\n" : ", ReLU");
        if (!last)
            printf(", dropout %g\n", (double)training->dropout);
    }
}

static const char *const *get_metrics(struct furcate_fork *fork)
{
    static const char *const metrics[] = {"accuracy", NULL};
    (void)fork;
    return metrics;
}

static void *get_optimizer(struct furcate_fork *fork)
{
    struct problem problem = {0};
    float learning_rate = (float)furcate_config_float(fork, "learning_rate");
    struct optimizer *optimizer =
        optimizer_create(furcate_config_string(fork, "optimizer_name"), learning_rate, &problem);
    if (!optimizer)
        furcate_fail(fork, "%s", problem.text);
    return optimizer;
}

static void *get_loss(struct furcate_fork *fork)
{
    (void)fork;
    return (void *)&loss_cross_entropy;
}

static bool model_compile(struct furcate_fork *fork, void *model, void *optimizer, void *loss,
                          const char *const *metrics)
{
    struct training *training = model;
    (void)metrics;
    training->optimizer = optimizer;
    training->loss = loss;
    return optimizer_bind(optimizer, training->mlp->parameter_count) || furcate_fail(fork, "out of memory");
}

static bool report_epoch(struct furcate_fork *fork, int64_t epoch, const struct score *train,
                         const struct score *valid, bool print)
{
    const struct furcate_metric metrics[] = {{"loss", train->loss},
                                             {"accuracy", train->accuracy},
                                             {"val_loss", valid ? valid->loss : 0},
                                             {"val_accuracy", valid ? valid->accuracy : 0}};
    size_t count = valid ? 4 : 2;

    if (print) {
        printf("epoch %lld:", (long long)epoch);
        for (size_t i = 0; i < count; i++)
            printf(" %s %.4f", metrics[i].name, metrics[i].value);
        putchar('\n');
    }
    return furcate_report(fork, epoch, metrics, count);
}

static void *model_fit(struct furcate_fork *fork, void *model, void *train_dataset, int64_t epochs,
                       void *valid_dataset, void *callbacks, int64_t verbose)
{
    struct training *training = model;
    (void)callbacks;

    if (!training_begin(training, train_dataset))
        furcate_fail(fork, "out of memory");
    for (int64_t epoch = 1; training->order && epoch <= epochs; epoch++) {
        struct score train = train_epoch(training, train_dataset), valid;
        if (valid_dataset)
            valid = evaluate(training->mlp, training->loss, valid_dataset);
        if (!report_epoch(fork, epoch, &train, valid_dataset ? &valid : NULL, verbose >= 2))
            break;
    }
    training_end(training);
    return NULL;
}

static bool model_save(struct furcate_fork *fork, void *model)
{
    const struct training *training = model;
    struct problem problem = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/model.bin", furcate_log_dir(fork));
    return model_write(path, training->mlp, &problem) || furcate_fail(fork, "%s", problem.text);
}

static bool model_evaluate(struct furcate_fork *fork, void *model, void *test_dataset,
                           struct furcate_results *results)
{
    struct training *training = model;
    struct score score = evaluate(training->mlp, training->loss, test_dataset);
    (void)fork;
    furcate_add_result(results, "loss", score.loss);
    furcate_add_result(results, "accuracy", score.accuracy);
    return true;
}

static void release(struct furcate_fork *fork, struct furcate_objects *objects)
{
    struct training *training = objects->model;
    (void)fork;
    dataset_destroy(objects->datasets.train);
    dataset_destroy(objects->datasets.valid);
    dataset_destroy(objects->datasets.test);
    optimizer_destroy(objects->optimizer);
    if (training)
        mlp_destroy(training->mlp);
    free(training);
}

int main(int argc, char **argv)
{
    static const struct furcate_ops ops = {
        .preprocess = scale_record,
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
    /* The products are too small to share out, and a sum always taken in one order makes a run repeatable. */
    openblas_set_num_threads(1);
    return furcate_fork_main(&ops, "examples/digits/config.json", argc, argv);
}
