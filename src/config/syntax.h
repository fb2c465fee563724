/* Why a text is no JSON or YAML, in words that tell what to change, and how reading can go on all the same.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "config/fault.h"
#include "config/mend.h"
#include "config/value.h"

struct fy_diag_error;

/* How far the reading of a text came. */
struct syntax_point {
    const struct mended *mended; /* the text */
    uint32_t source;             /* of places */
    struct value_place opened;   /* the innermost '{' or '[' not yet closed; line 0: none */
    const char *closers;         /* what closes those that are open, the innermost last */
    size_t start, end;           /* bytes of the last scalar or bracket that was read */
    bool is_plain;               /* it is a scalar without quotes */
    bool lacks_colon;            /* it is a key without a value */
};

#define CONFIG_MISSING_SPACE "a space is missing after ':'; write key: value"
#define CONFIG_FOREIGN_COMMENT                                                                               \
    "a comment begins with # here, not with // or /*; write #, or put the text in quotes"

/* Whether the text can be given to the parser, which hangs on some broken UTF-8 and stops silently at other;
 * adds the fault when it cannot. */
bool config_syntax_check_bytes(struct faults *faults, const struct syntax_point *point);
/* What to do about a quoted string that the parser would misread silently, NULL for a sound one; `text` is
 * what stands between the quotes. */
const char *config_syntax_find_misread(const char *text, size_t len, bool is_single);
/* Adds the fault for what the parser says; `found` may be NULL. Returns how to go on. */
struct mend config_syntax_add_fault(struct faults *faults, const struct syntax_point *point,
                                    const struct fy_diag_error *found);
/* The same for a comma missing behind the last thing read. */
struct mend config_syntax_add_missing_comma(struct faults *faults, const struct syntax_point *point);
/* Adds the fault of a bracket that these bytes close at the end of a line. */
void config_syntax_add_unclosed(struct faults *faults, struct value_place place, const char *closers,
                                uint32_t line);
