/* digits-score MODEL FILE...: how many digits of the files a saved model knows. */
#include <stdio.h>
#include <string.h>

#include "dataset.h"
#include "loss.h"
#include "model_file.h"
#include "training.h"

enum { BATCH_MAX = 64 };

static bool score_file(struct mlp *mlp, const char *path, struct problem *problem)
{
    struct dataset *dataset = dataset_read(&path, 1, problem);
    if (!dataset)
        return false;
    for (size_t i = 0; i < dataset->count; i++)
        image_scale(dataset_image(dataset, i));
    struct score score = evaluate(mlp, &loss_cross_entropy, dataset);
    printf("%s: %zu images, loss %.4f, accuracy %.4f\n", path, dataset->count, score.loss, score.accuracy);
    dataset_destroy(dataset);
    return true;
}

static bool fits_digits(const struct mlp *mlp, const char *path, struct problem *problem)
{
    size_t outputs = mlp->sizes[mlp->layer_count];
    if (mlp->sizes[0] == IMAGE_PIXELS && outputs == DIGIT_COUNT)
        return true;
    return problem_set(problem, "%s maps %zu inputs to %zu outputs: a model of digits maps %d to %d", path,
                       mlp->sizes[0], outputs, IMAGE_PIXELS, DIGIT_COUNT);
}

static bool score_files(const char *model, char **paths, struct problem *problem)
{
    struct mlp *mlp = model_read(model, BATCH_MAX, problem);
    bool good = mlp && fits_digits(mlp, model, problem);
    for (; good && *paths; paths++)
        good = score_file(mlp, *paths, problem);
    mlp_destroy(mlp);
    return good;
}

int main(int argc, char **argv)
{
    struct problem problem = {0};
    if (argc < 3 || argv[1][0] == '-') {
        fputs("usage: digits-score MODEL FILE...\n"
              "MODEL is the model.bin of a run, a FILE is CSV as in examples/digits/data.\n",
              stderr);
        return 2;
    }
    if (score_files(argv[1], argv + 2, &problem))
        return 0;
    fprintf(stderr, "digits-score: %s\n", problem.text);
    return 1;
}
