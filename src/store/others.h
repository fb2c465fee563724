/* Rows of run_data.csv that match no permutation of the plan, in groups by the keys that they differ in. */
#pragma once
#include <stdint.h>

#include "base/hash.h"
#include "base/text.h"
#include "base/vector.h"
#include "store/match_key.h"

struct other_group;

struct others {
    uint64_t count;    /* all of them */
    uint64_t excluded; /* those whose every value is in the plan, which excludes the permutation */
    uint64_t ungrouped;
    VECTOR(struct other_group *) groups;
    struct text_map index; /* by their keys */
    size_t last;           /* the group of the row before */
};

/* Indexes of keys. */
struct key_list {
    uint16_t *items;
    size_t count, capacity;
};

/* Adds a row that differs in these keys of `keys`, whose cells were found last. None: it is excluded. */
void others_add(struct others *others, const struct key_match *keys, const struct key_list *differing,
                struct text *scratch);
/* Adds at most three lines for people that tell of them, each ended by a newline. `path`: of the table.
 * Returns how many rows no edit of values explains. */
uint64_t others_describe(const struct others *others, const struct key_match *keys, size_t key_count,
                         const char *path, struct text *lines);
void others_free(struct others *others);
