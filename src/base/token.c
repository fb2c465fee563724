#include "base/token.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

/* Where getrandom(2) is forbidden, the bits that the kernel gives each program at its start are mixed with
 * the time, since one program may start several runners. */
static void draw_bits(uint64_t bits[2])
{
    if (getrandom(bits, 2 * sizeof *bits, 0) == 2 * (ssize_t)sizeof *bits)
        return;
    const void *given = (const void *)getauxval(AT_RANDOM); /* NOLINT(performance-no-int-to-ptr) */
    memcpy(bits, given, 2 * sizeof *bits);
    bits[0] ^= (uint64_t)clock_monotonic();
    bits[1] ^= (uint64_t)getpid();
}

void token_draw(char token[TOKEN_SIZE])
{
    uint64_t bits[2];
    draw_bits(bits);
    snprintf(token, TOKEN_SIZE, "%016llx%016llx", (unsigned long long)bits[0], (unsigned long long)bits[1]);
}

bool token_is_well_formed(const char *token)
{
    return strspn(token, "0123456789abcdef") == TOKEN_SIZE - 1 && token[TOKEN_SIZE - 1] == '\0';
}

static uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static void mix(uint64_t v[4])
{
    v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
    v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
}

uint64_t token_hash(const char token[TOKEN_SIZE])
{
    char half[17] = "";
    memcpy(half, token, 16);
    uint64_t key0 = strtoull(half, NULL, 16), key1 = strtoull(token + 16, NULL, 16);
    uint64_t v[4] = {key0 ^ UINT64_C(0x736f6d6570736575), key1 ^ UINT64_C(0x646f72616e646f6d),
                     key0 ^ UINT64_C(0x6c7967656e657261), key1 ^ UINT64_C(0x7465646279746573)};
    mix(v), mix(v); /* the one word of an empty message is 0 */
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        mix(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
