#include "loss.h"

#include <math.h>

static size_t highest(const float *scores, size_t classes)
{
    size_t best = 0;
    for (size_t i = 1; i < classes; i++)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* Relative to the highest score, so that no exponential overflows. */
static double log_sum_exp(const float *scores, size_t classes)
{
    size_t best = highest(scores, classes);
    double others = 0;
    for (size_t i = 0; i < classes; i++)
        if (i != best)
            others += exp((double)scores[i] - scores[best]);
    return scores[best] + log1p(others);
}

static double evaluate_cross_entropy(const float *scores, const uint8_t *labels, size_t count, size_t classes,
                                     float *gradient)
{
    double sum = 0;
    for (size_t row = 0; row < count; row++) {
        const float *own = scores + row * classes;
        double total = log_sum_exp(own, classes);
        sum += total - own[labels[row]];
        for (size_t i = 0; gradient && i < classes; i++) {
            double wanted = i == labels[row];
            gradient[row * classes + i] = (float)((exp(own[i] - total) - wanted) / (double)count);
        }
    }
    return sum;
}

const struct loss loss_cross_entropy = {"softmax cross-entropy", evaluate_cross_entropy};

size_t count_right(const float *scores, const uint8_t *labels, size_t count, size_t classes)
{
    size_t right = 0;
    for (size_t row = 0; row < count; row++)
        right += highest(scores + row * classes, classes) == labels[row];
    return right;
}
