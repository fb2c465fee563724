/* Permutations of one plan as permutations of another. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "plan/internal.h"

enum { TRANSLATION_NONE = -1 };

/* Of an axis of the first plan. */
struct translated_axis {
    int64_t axis;     /* of the other plan; TRANSLATION_NONE: the key is no axis there */
    int64_t *indices; /* of each value there, 0 where the key is no axis; TRANSLATION_NONE: not there */
};

struct translation {
    const struct plan *from, *to;
    bool apart; /* they have no permutation in common, since a key of one value differs */
    struct translated_axis *axes;
    /* For each axis of the other plan: the index of the value that all permutations of the first have;
     * TRANSLATION_NONE: the first has an axis of that key too. */
    int64_t *fixed;
    /* What the other plan lacks of the first, or excludes of it, as entries over the first's axes. */
    struct exclusions lacking;
};

/* Both plans must outlive it. The rules are those of plan_find(). */
void plan_translate(struct translation *translation, const struct plan *from, const struct plan *to);
void plan_translation_free(struct translation *translation);
/* Fills in `to` with the choice there; false when a value is not there. What is excluded there is not looked
 * at. */
bool plan_translation_apply(const struct translation *translation, const uint32_t *from, uint32_t *to);
