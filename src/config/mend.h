/* A text with its syntax faults mended, so that reading goes on behind a fault and finds the others; and the
 * way back from a place in it to the place in the text as it was given. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "base/vector.h"
#include "config/value.h"

/* What to change in a text: `removed` bytes at `offset` give way to `inserted`. No line ends are among them.
 */
struct mend {
    size_t offset, removed;
    char inserted[128]; /* "" with removed 0: there is no mend */
};

struct mended {
    struct text text;
    VECTOR(struct mend_shift) shifts;
    size_t reached; /* the byte behind the last mend */
};

/* Each mend must come behind those before it. */
void config_mend(struct mended *mended, struct mend mend);
/* The place in the text as it was given. */
struct value_place config_mend_place(const struct mended *mended, struct value_place place);
/* The place of a byte, a byte order mark aside; and how many bytes that mark has, 0 or 3. */
struct value_place config_place_of(const struct text *text, size_t offset);
/* Returns the byte of a place in this text; its length for one past its end. */
size_t config_place_offset(const struct text *text, struct value_place place);
size_t config_place_mark(const struct text *text);
void config_mended_free(struct mended *mended);
