/* Passes over a dataset in mini-batches. */
#pragma once
#include <stdbool.h>

#include "dataset.h"
#include "loss.h"
#include "mlp.h"
#include "optimizer.h"
#include "random.h"

struct training {
    struct mlp *mlp;
    struct optimizer *optimizer;
    const struct loss *loss;
    struct random random;
    float dropout;
    size_t *order;   /* of the images in an epoch; one element an image */
    uint8_t *labels; /* of a batch; mlp->batch_max elements */
};

/* Means over a dataset. */
struct score {
    double loss, accuracy;
};

/* Makes order and labels for a dataset; the other fields are set. False when there is no memory. */
bool training_begin(struct training *training, const struct dataset *dataset);
void training_end(struct training *training);
/* One epoch in a fresh random order, in batches of mlp->batch_max. */
struct score train_epoch(struct training *training, const struct dataset *dataset);

/* Without dropout. */
struct score evaluate(struct mlp *mlp, const struct loss *loss, const struct dataset *dataset);
