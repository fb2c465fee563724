#include "mlp.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t widest(const struct mlp *mlp)
{
    size_t width = 0;
    for (size_t l = 0; l <= mlp->layer_count; l++)
        if (mlp->sizes[l] > width)
            width = mlp->sizes[l];
    return width;
}

static size_t layer_parameters(const struct mlp *mlp, size_t layer)
{
    return (mlp->sizes[layer] + 1) * mlp->sizes[layer + 1];
}

static size_t layer_offset(const struct mlp *mlp, size_t layer)
{
    size_t offset = 0;
    for (size_t l = 0; l < layer; l++)
        offset += layer_parameters(mlp, l);
    return offset;
}

static bool allocate(struct mlp *mlp)
{
    bool good = true;
    mlp->parameters = calloc(mlp->parameter_count, sizeof(float));
    mlp->gradient = calloc(mlp->parameter_count, sizeof(float));
    for (size_t l = 0; l <= mlp->layer_count; l++)
        good &= (mlp->activations[l] = calloc(mlp->batch_max * mlp->sizes[l], sizeof(float))) != NULL;
    for (size_t i = 0; i < 2; i++)
        good &= (mlp->deltas[i] = calloc(mlp->batch_max * widest(mlp), sizeof(float))) != NULL;
    return good && mlp->parameters && mlp->gradient;
}

struct mlp *mlp_create(const size_t *sizes, size_t size_count, size_t batch_max)
{
    struct mlp *mlp = calloc(1, sizeof *mlp);
    if (!mlp)
        return NULL;
    mlp->layer_count = size_count - 1;
    mlp->batch_max = batch_max;
    memcpy(mlp->sizes, sizes, size_count * sizeof *sizes);
    mlp->parameter_count = layer_offset(mlp, mlp->layer_count);
    if (allocate(mlp))
        return mlp;
    mlp_destroy(mlp);
    return NULL;
}

void mlp_destroy(struct mlp *mlp)
{
    if (!mlp)
        return;
    for (size_t l = 0; l <= mlp->layer_count; l++)
        free(mlp->activations[l]);
    free(mlp->deltas[0]);
    free(mlp->deltas[1]);
    free(mlp->parameters);
    free(mlp->gradient);
    free(mlp);
}

void mlp_initialize(struct mlp *mlp, struct random *random)
{
    memset(mlp->parameters, 0, mlp->parameter_count * sizeof(float));
    for (size_t l = 0; l < mlp->layer_count; l++) {
        float *weights = mlp->parameters + layer_offset(mlp, l);
        float deviation = sqrtf(2 / (float)mlp->sizes[l]);
        for (size_t i = 0; i < mlp->sizes[l] * mlp->sizes[l + 1]; i++)
            weights[i] = deviation * random_normal(random);
    }
}

float *mlp_inputs(struct mlp *mlp)
{
    return mlp->activations[0];
}

/* scores = activations x weights + biases */
static void apply_layer(struct mlp *mlp, size_t layer, size_t count)
{
    size_t inputs = mlp->sizes[layer], outputs = mlp->sizes[layer + 1];
    const float *weights = mlp->parameters + layer_offset(mlp, layer);
    const float *biases = weights + inputs * outputs;
    float *scores = mlp->activations[layer + 1];

    for (size_t row = 0; row < count; row++)
        memcpy(scores + row * outputs, biases, outputs * sizeof(float));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)count, (int)outputs, (int)inputs, 1,
                mlp->activations[layer], (int)inputs, weights, (int)outputs, 1, scores, (int)outputs);
}

static void rectify(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = values[i] > 0 ? values[i] : 0;
}

static void drop(float *values, size_t count, float dropout, struct random *random)
{
    float scale = 1 / (1 - dropout);
    for (size_t i = 0; i < count; i++)
        values[i] = random_uniform(random) < dropout ? 0 : values[i] * scale;
}

const float *mlp_forward_training(struct mlp *mlp, size_t count, float dropout, struct random *random)
{
    for (size_t l = 0; l < mlp->layer_count; l++) {
        size_t values = count * mlp->sizes[l + 1];
        apply_layer(mlp, l, count);
        if (l + 1 == mlp->layer_count)
            break;
        rectify(mlp->activations[l + 1], values);
        if (dropout > 0)
            drop(mlp->activations[l + 1], values, dropout, random);
    }
    return mlp->activations[mlp->layer_count];
}

const float *mlp_forward(struct mlp *mlp, size_t count)
{
    return mlp_forward_training(mlp, count, 0, NULL);
}

float *mlp_score_gradient(struct mlp *mlp)
{
    return mlp->deltas[mlp->layer_count % 2];
}

static void set_layer_gradient(struct mlp *mlp, size_t layer, size_t count, const float *delta)
{
    size_t inputs = mlp->sizes[layer], outputs = mlp->sizes[layer + 1];
    float *weights = mlp->gradient + layer_offset(mlp, layer);
    float *biases = weights + inputs * outputs;

    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)inputs, (int)outputs, (int)count, 1,
                mlp->activations[layer], (int)inputs, delta, (int)outputs, 0, weights, (int)outputs);
    memset(biases, 0, outputs * sizeof(float));
    for (size_t row = 0; row < count; row++)
        cblas_saxpy((int)outputs, 1, delta + row * outputs, 1, biases, 1);
}

/* A value that is 0 was cut off by ReLU or dropped: both stop the gradient, so that no mask has to be kept.
 */
static void propagate(struct mlp *mlp, size_t layer, size_t count, const float *delta, float *below,
                      float dropout)
{
    size_t inputs = mlp->sizes[layer], outputs = mlp->sizes[layer + 1];
    float scale = 1 / (1 - dropout);

    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)inputs, (int)outputs, scale, delta,
                (int)outputs, mlp->parameters + layer_offset(mlp, layer), (int)outputs, 0, below,
                (int)inputs);
    for (size_t i = 0; i < count * inputs; i++)
        below[i] = mlp->activations[layer][i] > 0 ? below[i] : 0;
}

void mlp_backward(struct mlp *mlp, size_t count, float dropout)
{
    for (size_t l = mlp->layer_count; l-- > 0;) {
        const float *delta = mlp->deltas[(l + 1) % 2];
        set_layer_gradient(mlp, l, count, delta);
        if (l > 0)
            propagate(mlp, l, count, delta, mlp->deltas[l % 2], dropout);
    }
}
