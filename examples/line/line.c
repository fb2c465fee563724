#include <furcate.h>

static bool data(struct furcate_fork *fork, const struct furcate_filepaths *files,
                 struct furcate_datasets *datasets)
{
    datasets->train = fopen(files->train.paths[0], "r"); /* data_dir/[data_name].train… */
    return datasets->train || furcate_fail(fork, "cannot read %s", files->train.paths[0]);
}

static void *line(struct furcate_fork *fork)
{
    static double slope = 0; /* of the line y = slope * x */
    return &slope;
}

static void *fit(struct furcate_fork *fork, void *model, void *train, int64_t epochs, void *valid,
                 void *callbacks, int64_t verbose)
{
    double *slope = model, x, y, rate = furcate_config_float(fork, "learning_rate");
    for (int64_t epoch = 1; epoch <= epochs; epoch++, rewind(train)) {
        struct furcate_metric loss = {"loss", 0};
        for (; fscanf(train, "%lf,%lf", &x, &y) == 2; loss.value += (*slope * x - y) * (*slope * x - y))
            *slope -= rate * (*slope * x - y) * x;
        furcate_report(fork, epoch, &loss, 1);
    }
    return NULL;
}

static bool save(struct furcate_fork *fork, void *model)
{
    return printf("slope %g, saved for %s\n", *(double *)model, furcate_log_dir(fork)) > 0;
}

int main(int argc, char **argv)
{
    struct furcate_ops ops = {.get_datasets = data, .get_model = line, .model_fit = fit, .model_save = save};
    return furcate_fork_main(&ops, "config.json", argc, argv);
}
