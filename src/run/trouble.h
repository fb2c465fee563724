/* What the machine refuses for a while: said when it begins, now and then while it lasts, and when it is
 * over. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct trouble {
    struct error err;    /* kind ERROR_NONE: there is none */
    int64_t since, said; /* clock_monotonic() */
};

/* It was refused, perhaps once more. Returns whether a person is to hear of it: it is new, was last said ten
 * minutes ago, or a minute ago with another reason. */
bool trouble_note(struct trouble *trouble, const struct error *err);
/* It goes well. Returns whether there was trouble; then `lasted` says how long. */
bool trouble_over(struct trouble *trouble, char lasted[48]);

/* What a person can do about an error, to be put behind its text: " (make room …)"; "" when nothing is known.
 */
const char *trouble_remedy(const struct error *err);
/* The reason alone where the system gave one, for a line that has little room; borrowed from either. */
const char *trouble_reason(const struct trouble *trouble, char scratch[64]);
