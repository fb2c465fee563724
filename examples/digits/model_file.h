/*
 * model.bin: a trained perceptron. All numbers little endian:
 *
 *   8 bytes   "DIGITMLP"
 *   uint32    version of the format, 1
 *   uint32    count of sizes
 *   uint32[]  sizes: inputs, hidden layers, outputs
 *   float32[] parameters, as mlp.h orders them
 *   uint32    CRC-32 of all bytes before it (as zlib's crc32)
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "mlp.h"
#include "problem.h"

bool model_write(const char *path, const struct mlp *mlp, struct problem *problem);
/* For batches of at most batch_max rows. NULL with what is wrong with the file; mlp_destroy() the result. */
struct mlp *model_read(const char *path, size_t batch_max, struct problem *problem);
