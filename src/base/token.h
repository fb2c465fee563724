/* A secret that names one runner: 128 random bits in hexadecimal digits. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum { TOKEN_SIZE = 33 };

/* Draws a new one. */
void token_draw(char token[TOKEN_SIZE]);
/* Returns whether the text could be one. */
bool token_is_well_formed(const char *token);
/* Returns a number that only who knows the token can name, and that does not reveal it: SipHash-2-4 (J.-P.
 * Aumasson and D. J. Bernstein) of no bytes, with the token as its key. */
uint64_t token_hash(const char token[TOKEN_SIZE]);
