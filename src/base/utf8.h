/* Well-formed UTF-8 (RFC 3629). */
#pragma once
#include <stddef.h>

/* The length of the sequence at `bytes`, of which `len` are there; 0 when it is not well-formed. */
size_t utf8_length(const char *bytes, size_t len);
/* The offset of the first byte that is in no well-formed sequence; `len` when all are. */
size_t utf8_find_bad(const char *bytes, size_t len);
/* Returns how many of the first `len` bytes of a longer text are whole characters. */
size_t utf8_fit(const char *text, size_t len);
