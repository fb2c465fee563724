#pragma once
#include <stddef.h>

/* The first byte that is not part of well-formed UTF-8 (RFC 3629); `len` when all are. */
size_t config_find_bad_utf8(const char *text, size_t len);
