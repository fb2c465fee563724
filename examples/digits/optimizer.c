#include "optimizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct optimizer {
    const struct method *method;
    float learning_rate;
    size_t count;    /* of the parameters */
    size_t steps;    /* made so far */
    float *mean;     /* running mean, or sum, of the gradient */
    float *variance; /* running mean of its square */
};

typedef void step_function(struct optimizer *optimizer, float *parameters, const float *gradient);

static void step_sgd(struct optimizer *optimizer, float *parameters, const float *gradient)
{
    for (size_t i = 0; i < optimizer->count; i++)
        parameters[i] -= optimizer->learning_rate * gradient[i];
}

/* Polyak 1964. */
static void step_momentum(struct optimizer *optimizer, float *parameters, const float *gradient)
{
    static const float decay = 0.9f;
    for (size_t i = 0; i < optimizer->count; i++) {
        optimizer->mean[i] = decay * optimizer->mean[i] + gradient[i];
        parameters[i] -= optimizer->learning_rate * optimizer->mean[i];
    }
}

/* Tieleman, Hinton 2012. */
static void step_rmsprop(struct optimizer *optimizer, float *parameters, const float *gradient)
{
    static const float decay = 0.9f, epsilon = 1e-7f;
    for (size_t i = 0; i < optimizer->count; i++) {
        float *variance = &optimizer->variance[i];
        *variance = decay * *variance + (1 - decay) * gradient[i] * gradient[i];
        parameters[i] -= optimizer->learning_rate * gradient[i] / (sqrtf(*variance) + epsilon);
    }
}

/* Kingma, Ba 2015; the corrections of both running means are folded into the rate. */
static void step_adam(struct optimizer *optimizer, float *parameters, const float *gradient)
{
    static const float decay_mean = 0.9f, decay_variance = 0.999f, epsilon = 1e-7f;
    float steps = (float)optimizer->steps;
    float rate =
        optimizer->learning_rate * sqrtf(1 - powf(decay_variance, steps)) / (1 - powf(decay_mean, steps));

    for (size_t i = 0; i < optimizer->count; i++) {
        float *mean = &optimizer->mean[i], *variance = &optimizer->variance[i];
        *mean = decay_mean * *mean + (1 - decay_mean) * gradient[i];
        *variance = decay_variance * *variance + (1 - decay_variance) * gradient[i] * gradient[i];
        parameters[i] -= rate * *mean / (sqrtf(*variance) + epsilon);
    }
}

static const struct method {
    const char *name;
    step_function *step;
} methods[] = {
    {"SGD", step_sgd}, {"Momentum", step_momentum}, {"RMSProp", step_rmsprop}, {"Adam", step_adam}};

enum { method_count = sizeof methods / sizeof *methods };

static const struct method *find_method(const char *name, struct problem *problem)
{
    for (size_t i = 0; i < method_count; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];

    char known[128] = "";
    for (size_t i = 0; i < method_count; i++)
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? ", " : "", methods[i].name);
    problem_set(problem, "optimizer_name is '%s': use one of %s", name, known);
    return NULL;
}

struct optimizer *optimizer_create(const char *name, float learning_rate, struct problem *problem)
{
    const struct method *method = find_method(name, problem);
    if (!method)
        return NULL;
    struct optimizer *optimizer = calloc(1, sizeof *optimizer);
    if (!optimizer) {
        problem_set(problem, "out of memory");
        return NULL;
    }
    optimizer->method = method;
    optimizer->learning_rate = learning_rate;
    return optimizer;
}

static void forget(struct optimizer *optimizer)
{
    free(optimizer->mean);
    free(optimizer->variance);
    optimizer->mean = optimizer->variance = NULL;
    optimizer->count = optimizer->steps = 0;
}

void optimizer_destroy(struct optimizer *optimizer)
{
    if (optimizer)
        forget(optimizer);
    free(optimizer);
}

const char *optimizer_name(const struct optimizer *optimizer)
{
    return optimizer->method->name;
}

bool optimizer_bind(struct optimizer *optimizer, size_t parameter_count)
{
    forget(optimizer);
    optimizer->count = parameter_count;
    optimizer->mean = calloc(parameter_count, sizeof(float));
    optimizer->variance = calloc(parameter_count, sizeof(float));
    return optimizer->mean && optimizer->variance;
}

void optimizer_step(struct optimizer *optimizer, float *parameters, const float *gradient)
{
    optimizer->steps++;
    optimizer->method->step(optimizer, parameters, gradient);
}
