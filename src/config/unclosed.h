/* Brackets that are never closed within the block style of YAML, where the next key tells that they ended. */
#pragma once
#include "config/mend.h"
#include "config/value.h"

struct unclosed {
    struct mend mend; /* closes what is open */
    uint32_t line;    /* at whose end it does */
};

/* Finds where the bracket at `offset` had to be closed: at the end of the line before the first that begins a
 * key or an item at most as far to the right as `column`, which is that of its own. False when it is closed
 * further on, or no such line follows. */
bool config_unclosed_find(const struct text *text, size_t offset, uint32_t column, struct unclosed *unclosed);
