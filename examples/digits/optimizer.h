/* How a gradient changes the parameters: SGD, Momentum, RMSProp, Adam. */
#pragma once
#include <stddef.h>

#include "problem.h"

struct optimizer;

/* `name` as in the config's optimizer_name. NULL with the names there are when it is none of them. */
struct optimizer *optimizer_create(const char *name, float learning_rate, struct problem *problem);
void optimizer_destroy(struct optimizer *optimizer);
const char *optimizer_name(const struct optimizer *optimizer);
/* Sets the number of parameters, and forgets the past. False when there is no memory. */
bool optimizer_bind(struct optimizer *optimizer, size_t parameter_count);
/* One step down the gradient. */
void optimizer_step(struct optimizer *optimizer, float *parameters, const float *gradient);
