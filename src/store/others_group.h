/* Rows that differ from the plan in the same keys. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "store/match_key.h"

enum { other_values_kept = 4 };

/* What these rows have for one key. */
struct other_values {
    char *items[other_values_kept]; /* some of the values, as the table shows them */
    size_t count;
    bool has_more, has_none;
    bool is_converted; /* all of them are as a spreadsheet writes dates, times, numbers and truth */
};

struct other_group {
    uint64_t rows;
    uint16_t *keys; /* indexes */
    size_t count;
    struct other_values *values; /* one a key */
};

struct other_group *other_group_create(const uint16_t *keys, size_t count);
void other_group_destroy(struct other_group *group);
/* Adds the row whose cells were found last. */
void other_group_add_row(struct other_group *group, const struct key_match *keys, struct text *scratch);
/* Whether they have all keys of the config, and no other, with values that are in the plan no more: so does
 * what an edit of values leaves behind. */
bool other_group_is_usual(const struct other_group *group, const struct key_match *keys);
/* Adds what they differ in, and how they can be made to count: " differ from this plan in …". `keys`: all. */
void other_group_describe(const struct other_group *group, const struct key_match *keys, size_t key_count,
                          struct text *line);
/* Adds all keys and values of several groups: "k 3, 4; epochs 50". */
void other_groups_add_values(struct other_group *const *groups, size_t count, const struct key_match *keys,
                             struct text *line);
