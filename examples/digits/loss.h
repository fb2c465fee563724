/* What the training makes small. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct loss {
    const char *name;
    /*
     * The sum of the losses of `count` rows of scores (count x classes) against their labels. When `gradient`
     * is not NULL it gets the gradient of the rows' mean by the scores.
     */
    double (*evaluate)(const float *scores, const uint8_t *labels, size_t count, size_t classes,
                       float *gradient);
};

extern const struct loss loss_cross_entropy; /* of the softmax of the scores */

/* How many rows have their highest score at their label. */
size_t count_right(const float *scores, const uint8_t *labels, size_t count, size_t classes);
