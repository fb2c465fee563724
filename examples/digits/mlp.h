/*
 * A multi-layer perceptron in float32: dense layers, ReLU and inverted dropout between them, raw scores
 * (logits) at the end. The matrix products are BLAS calls on whole mini-batches.
 *
 * Shapes: a batch of n inputs is n x sizes[0], row by row; layer l has weights sizes[l] x sizes[l + 1] and
 * sizes[l + 1] biases, which lie in this order, layer by layer, in one array of parameters.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"

enum { MLP_MAX_LAYERS = 8, MLP_MAX_WIDTH = 4096 };

struct mlp {
    size_t layer_count;
    size_t sizes[MLP_MAX_LAYERS + 1]; /* inputs, hidden layers, outputs */
    size_t parameter_count;
    float *parameters, *gradient;
    size_t batch_max;
    float *activations[MLP_MAX_LAYERS + 1]; /* batch_max x sizes[l]; [0] is filled by the caller */
    float *deltas[2];                       /* batch_max x the widest layer */
};

/* Sizes count from the inputs to the outputs; all weights are 0. NULL when there is no memory. */
struct mlp *mlp_create(const size_t *sizes, size_t size_count, size_t batch_max);
void mlp_destroy(struct mlp *mlp);
/* Normal weights of variance 2 / inputs, biases 0 (He, Zhang, Ren, Sun 2015). */
void mlp_initialize(struct mlp *mlp, struct random *random);

float *mlp_inputs(struct mlp *mlp);
/* The scores of the first `count` rows of mlp_inputs(), count x outputs; valid until the next call. */
const float *mlp_forward(struct mlp *mlp, size_t count);
/* The same while training: each hidden value is dropped with probability `dropout`, the kept ones are scaled
 * up. */
const float *mlp_forward_training(struct mlp *mlp, size_t count, float dropout, struct random *random);
/* Where the gradient of the loss by the scores of the last pass goes, count x outputs, before mlp_backward().
 */
float *mlp_score_gradient(struct mlp *mlp);
/* Sets mlp->gradient; count and dropout as in the pass before. */
void mlp_backward(struct mlp *mlp, size_t count, float dropout);
