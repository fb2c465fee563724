#include "model_file.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char magic[8] = "DIGITMLP";

enum { VERSION = 1, HEADER_SIZE = 16, CHECKSUM_SIZE = 4 };

/* No model of this program comes near this size. */
static const size_t file_size_max = 64 << 20;

static void put_number(uint8_t **out, uint32_t number)
{
    for (int shift = 0; shift < 32; shift += 8)
        *(*out)++ = (uint8_t)(number >> shift);
}

static uint32_t take_number(const uint8_t **in)
{
    uint32_t number = 0;
    for (int shift = 0; shift < 32; shift += 8)
        number |= (uint32_t) * (*in)++ << shift;
    return number;
}

/* The reflected polynomial of IEEE 802.3, a bit at a time. */
static uint32_t checksum(const uint8_t *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

static size_t encoded_size(size_t size_count, size_t parameter_count)
{
    return HEADER_SIZE + 4 * size_count + 4 * parameter_count + CHECKSUM_SIZE;
}

static void encode(const struct mlp *mlp, uint8_t *bytes)
{
    uint8_t *out = bytes;
    memcpy(out, magic, sizeof magic);
    out += sizeof magic;
    put_number(&out, VERSION);
    put_number(&out, (uint32_t)mlp->layer_count + 1);
    for (size_t i = 0; i <= mlp->layer_count; i++)
        put_number(&out, (uint32_t)mlp->sizes[i]);
    for (size_t i = 0; i < mlp->parameter_count; i++) {
        uint32_t bits;
        memcpy(&bits, &mlp->parameters[i], sizeof bits);
        put_number(&out, bits);
    }
    put_number(&out, checksum(bytes, (size_t)(out - bytes)));
}

static bool write_bytes(const char *path, const uint8_t *bytes, size_t len, struct problem *problem)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return problem_set(problem, "cannot open %s for writing: %s", path, strerror(errno));
    bool written = fwrite(bytes, 1, len, file) == len;
    if (fclose(file) == 0 && written)
        return true;
    return problem_set(problem, "cannot write %s: %s", path, strerror(errno));
}

bool model_write(const char *path, const struct mlp *mlp, struct problem *problem)
{
    size_t len = encoded_size(mlp->layer_count + 1, mlp->parameter_count);
    uint8_t *bytes = malloc(len);
    if (!bytes)
        return problem_set(problem, "out of memory");
    encode(mlp, bytes);
    bool good = write_bytes(path, bytes, len, problem);
    free(bytes);
    return good;
}

static bool read_bytes(const char *path, uint8_t *bytes, size_t *len, struct problem *problem)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return problem_set(problem, "cannot open %s: %s", path, strerror(errno));
    *len = fread(bytes, 1, file_size_max, file);
    bool failed = ferror(file);
    fclose(file);
    return !failed || problem_set(problem, "cannot read %s", path);
}

/* Reads the sizes and checks all that is known before the parameters are taken. */
static bool read_header(const uint8_t *bytes, size_t len, size_t *sizes, size_t *size_count,
                        const char **wrong)
{
    *wrong = "it is no model of digits";
    if (len < HEADER_SIZE + CHECKSUM_SIZE || memcmp(bytes, magic, sizeof magic) != 0)
        return false;
    const uint8_t *in = bytes + sizeof magic, *end = bytes + len - CHECKSUM_SIZE;
    *wrong = "its version is not known here";
    if (take_number(&in) != VERSION)
        return false;
    *wrong = "its checksum is wrong; train the model again";
    if (take_number(&end) != checksum(bytes, len - CHECKSUM_SIZE))
        return false;
    *wrong = "its layers do not fit this program";
    *size_count = take_number(&in);
    if (*size_count < 2 || *size_count > MLP_MAX_LAYERS + 1 || len < encoded_size(*size_count, 0))
        return false;
    for (size_t i = 0; i < *size_count; i++) {
        sizes[i] = take_number(&in);
        if (sizes[i] < 1 || sizes[i] > MLP_MAX_WIDTH)
            return false;
    }
    return true;
}

static void read_parameters(struct mlp *mlp, const uint8_t *in)
{
    for (size_t i = 0; i < mlp->parameter_count; i++) {
        uint32_t bits = take_number(&in);
        memcpy(&mlp->parameters[i], &bits, sizeof bits);
    }
}

static struct mlp *decode(const uint8_t *bytes, size_t len, size_t batch_max, const char **wrong)
{
    size_t sizes[MLP_MAX_LAYERS + 1], size_count;
    if (!read_header(bytes, len, sizes, &size_count, wrong))
        return NULL;
    *wrong = "there is not enough memory for it";
    struct mlp *mlp = mlp_create(sizes, size_count, batch_max);
    if (!mlp)
        return NULL;
    *wrong = "its length does not fit its layers";
    if (len == encoded_size(size_count, mlp->parameter_count)) {
        read_parameters(mlp, bytes + HEADER_SIZE + 4 * size_count);
        return mlp;
    }
    mlp_destroy(mlp);
    return NULL;
}

struct mlp *model_read(const char *path, size_t batch_max, struct problem *problem)
{
    const char *wrong = NULL;
    struct mlp *mlp = NULL;
    size_t len = 0;
    uint8_t *bytes = malloc(file_size_max);
    if (!bytes)
        problem_set(problem, "out of memory");
    else if (read_bytes(path, bytes, &len, problem) && !(mlp = decode(bytes, len, batch_max, &wrong)))
        problem_set(problem, "cannot use %s: %s", path, wrong);
    free(bytes);
    return mlp;
}
