/*
 * A Fork program that is in the locale of its environment: the whole process, or with
 * FURCATE_TEST_LOCALE=thread the thread that calls furcate. It learns nothing: its loss is a fraction of the
 * learning rate.
 */
#include <furcate.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static bool enter_locale(void)
{
    const char *kind = getenv("FURCATE_TEST_LOCALE");
    locale_t of_thread = kind && strcmp(kind, "thread") == 0 ? newlocale(LC_ALL_MASK, "", (locale_t)0) : 0;
    return of_thread ? uselocale(of_thread) != (locale_t)0 : setlocale(LC_ALL, "") != NULL;
}

static bool get_datasets(struct furcate_fork *fork, const struct furcate_filepaths *filepaths,
                         struct furcate_datasets *datasets)
{
    (void)fork;
    (void)filepaths;
    static int train, test;
    datasets->train = &train;
    datasets->test = &test;
    return true;
}

static void *get_model(struct furcate_fork *fork)
{
    static double rate;
    rate = furcate_config_float(fork, "learning_rate");
    return &rate;
}

static void *fit(struct furcate_fork *fork, void *model, void *train, int64_t epochs, void *valid,
                 void *callbacks, int64_t verbose)
{
    (void)train;
    (void)valid;
    (void)callbacks;
    (void)verbose;
    for (int64_t epoch = 1; epoch <= epochs; epoch++)
        furcate_report(fork, epoch, &(struct furcate_metric){"loss", *(double *)model / (double)(3 * epoch)},
                       1);
    return NULL;
}

static bool save(struct furcate_fork *fork, void *model)
{
    (void)fork;
    return printf("point %s, millionths %.0f\n", nl_langinfo(RADIXCHAR), 1e6 * *(double *)model) > 0;
}

static bool evaluate(struct furcate_fork *fork, void *model, void *test, struct furcate_results *results)
{
    double floats[2] = {0, 0};
    (void)model;
    (void)test;
    furcate_config_floats(fork, "betas", floats, 2);
    furcate_add_result(results, "second_beta", floats[1]);
    return true;
}

int main(int argc, char **argv)
{
    if (!enter_locale())
        return 99; /* no test may pass by a locale that is not there */
    struct furcate_ops ops = {.get_datasets = get_datasets,
                              .get_model = get_model,
                              .model_fit = fit,
                              .model_save = save,
                              .model_evaluate = evaluate};
    return furcate_fork_main(&ops, "config.json", argc, argv);
}
