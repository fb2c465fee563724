/* The bytes of a config file. */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* Adds the file, or stdin for "-", to `content`. ERROR_CONFIG for one that is too large to be a config,
 * ERROR_SYSTEM for one that cannot be read; the text of both goes behind the file's name. */
bool config_read_source(const char *path, struct text *content, struct error *err);
