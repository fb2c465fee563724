/* Looks at the content of a file. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* Adds the content, and returns a hash of it; 0 with errno set when there is none: ENODATA for a file that is
 * empty, as one is that is being saved, EINVAL for what is no file. */
uint64_t look_at(const char *path, struct text *content);
