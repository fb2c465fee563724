#include "training.h"

#include <stdlib.h>
#include <string.h>

/* Sums over the images seen so far. */
struct sums {
    double loss;
    size_t right, count;
};

static struct score mean(const struct sums *sums)
{
    double count = (double)sums->count;
    return (struct score){.loss = sums->loss / count, .accuracy = (double)sums->right / count};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool training_begin(struct training *training, const struct dataset *dataset)
{
    training->order = calloc(dataset->count, sizeof *training->order);
    training->labels = calloc(training->mlp->batch_max, sizeof *training->labels);
    if (!training->order || !training->labels)
        return false;
    for (size_t i = 0; i < dataset->count; i++)
        training->order[i] = i;
    return true;
}

void training_end(struct training *training)
{
    free(training->order);
    free(training->labels);
}

static void fill_batch(struct training *training, const struct dataset *dataset, size_t first, size_t count)
{
    float *inputs = mlp_inputs(training->mlp);
    for (size_t row = 0; row < count; row++, inputs += IMAGE_PIXELS) {
        size_t chosen = training->order[first + row];
        training->labels[row] = dataset->digits[chosen];
        memcpy(inputs, dataset_image(dataset, chosen), IMAGE_PIXELS * sizeof(float));
    }
}

static void train_batch(struct training *training, size_t count, struct sums *sums)
{
    struct mlp *mlp = training->mlp;
    const float *scores = mlp_forward_training(mlp, count, training->dropout, &training->random);

    sums->loss +=
        training->loss->evaluate(scores, training->labels, count, DIGIT_COUNT, mlp_score_gradient(mlp));
    sums->right += count_right(scores, training->labels, count, DIGIT_COUNT);
    sums->count += count;
    mlp_backward(mlp, count, training->dropout);
    optimizer_step(training->optimizer, mlp->parameters, mlp->gradient);
}

struct score train_epoch(struct training *training, const struct dataset *dataset)
{
    struct sums sums = {0};
    random_shuffle(&training->random, training->order, dataset->count);
    for (size_t first = 0; first < dataset->count; first += training->mlp->batch_max) {
        size_t count = smaller(training->mlp->batch_max, dataset->count - first);
        fill_batch(training, dataset, first, count);
        train_batch(training, count, &sums);
    }
    return mean(&sums);
}

struct score evaluate(struct mlp *mlp, const struct loss *loss, const struct dataset *dataset)
{
    struct sums sums = {0};
    for (size_t first = 0; first < dataset->count; first += mlp->batch_max) {
        size_t count = smaller(mlp->batch_max, dataset->count - first);
        memcpy(mlp_inputs(mlp), dataset_image(dataset, first), count * IMAGE_PIXELS * sizeof(float));
        const float *scores = mlp_forward(mlp, count);
        sums.loss += loss->evaluate(scores, dataset->digits + first, count, DIGIT_COUNT, NULL);
        sums.right += count_right(scores, dataset->digits + first, count, DIGIT_COUNT);
        sums.count += count;
    }
    return mean(&sums);
}
