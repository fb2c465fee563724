/*
 * The plan: all permutations of a config's axes, less meta.exclude_configs, in run order; never materialised.
 *
 * A permutation is known by its rank: its index among the kept permutations, sorted by their choice. A choice
 * is one value index per axis. The axis that counts first in that sorting is the plan's to choose, since it
 * decides how much memory the excluded ones cost; without exclude entries, and when meta.order is "config",
 * axes count in config order, the last one fastest. In any case rank 0 has each axis' first value, if that is
 * not excluded. The same config gives the same ranks on every machine. Count, unrank and rank cost O(axes),
 * whatever the count.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/text.h"
#include "config/config.h"

/* A key with an array value; each value once. */
struct axis {
    const char *key;
    size_t key_index; /* in config_keys() */
    size_t count;
    const struct value *const *values;
    bool in_label; /* more than one value, and not data_dir */
};

struct plan; /* counted by reference, and immutable; holds a reference to its config */

/* Adds faults (too many permutations, an entry of exclude_configs that names an unknown key, everything
 * excluded, duplicate values …) and returns NULL when `faults` holds an error, of the plan or from before. */
struct plan *plan_create(struct config *config, struct faults *faults);
/* The plan of a config file, as config_read_for_plan() reads it; NULL when it or its plan has an error. All
 * faults of both are in one report. */
struct plan *plan_read(const char *path, enum config_use use, char *const *overrides, struct faults *faults);
/* Does the same for the content of such a file, which was read already. */
struct plan *plan_read_text(const char *path, const struct text *text, enum config_use use,
                            char *const *overrides, struct faults *faults);
struct plan *plan_ref(struct plan *plan);
void plan_unref(struct plan *plan);
struct config *plan_config(const struct plan *plan);

size_t plan_axis_count(const struct plan *plan);
const struct axis *plan_axis(const struct plan *plan, size_t i);
/* The index of the axis of that key; -1 when the key is none. */
int64_t plan_find_axis(const struct plan *plan, const char *key);

/* Permutations of the axes, excluded ones too; at most 2^62. */
uint64_t plan_product(const struct plan *plan);
/* Ranks: the kept permutations, or, when the exclude entries are too entangled to count (plan_is_exact()
 * false), the whole product, of which plan_keeps() tells the kept ones. */
uint64_t plan_count(const struct plan *plan);
bool plan_is_exact(const struct plan *plan);
bool plan_keeps(const struct plan *plan, uint64_t rank);
/* Returns whether one entry of exclude_configs leaves out all permutations with these values: `choice` has an
 * index of each axis' values, or -1 for an axis that may have any. */
bool plan_excludes_all(const struct plan *plan, const int64_t *choice);
/* The rank itself when it is kept; else the next higher one that what excludes it does not exclude as well,
 * which can be far away. */
uint64_t plan_pass_excluded(const struct plan *plan, uint64_t rank);

/* rank < plan_count(); choice has plan_axis_count() elements. */
void plan_unrank(const struct plan *plan, uint64_t rank, uint32_t *choice);
/* Returns false when the permutation is excluded. */
bool plan_rank(const struct plan *plan, const uint32_t *choice, uint64_t *rank);
/* The index of the axis value equal to `value`; -1 when there is none. */
int64_t plan_find_value(const struct plan *plan, size_t axis, const struct value *value);
/* The rank of a permutation given as an object of keys (as plan_permutation() makes); false when it is not in
 * the plan. Key log_dir is not compared; a missing key counts as its default, and so does a key that the
 * config lacks. */
bool plan_find(const struct plan *plan, const struct value *keys, uint64_t *rank);

/* Returns whether a key says what a permutation is, and not where its output goes: all but log_dir do. */
bool plan_compares_key(const char *key);
/* Returns whether two values of a key make the same permutation: equal ones, and for data_dir spellings of
 * one path. Such values have equal hashes. */
bool plan_values_equal(const char *key, const struct value *a, const struct value *b);
uint64_t plan_value_hash(const char *key, const struct value *value);
/* The permutation as an object: config_keys() with each axis replaced by its value. One reference. */
struct value *plan_permutation(const struct plan *plan, uint64_t rank);
/* Makes the same of a choice. */
struct value *plan_permutation_of(const struct plan *plan, const uint32_t *choice);
/* "foo_bs32": the last component of data_dir, then _{shortkey}{value} for each axis with more than one value;
 * "bs32" without data_dir, "" with neither. At most 160 bytes: a longer one is cut and ends in its hash. */
void plan_add_label(const struct plan *plan, const struct value *permutation, struct text *out);
/* The same for many permutations: what each axis value adds is made once. */
struct labels;
struct labels *labels_create(const struct plan *plan);
void labels_destroy(struct labels *labels);
void labels_add(const struct labels *labels, const uint32_t *choice, struct text *out);
/* Adds `part` with what a path cannot hold, or a shell would not take as it is, replaced by "-", and "." too;
 * neighbours by one, none at the ends. */
void plan_add_path_part(struct text *out, const char *part, size_t len);

/*
 * An order gives the permutations one by one. The runner knows no more of it than this, so that an order that
 * chooses by results can take this place.
 */
struct order;
struct order *order_create(struct plan *plan);
void order_destroy(struct order *order);
/* The next rank that is kept and not in `taken` (finished, running or given up); false when there is none
 * left. Gives, and looks at, each rank once. */
bool order_next(struct order *order, const struct number_set *taken, uint64_t *rank);
/* The same for who must not wait, by a function that tells what is taken: looks at `most` ranks at most.
 * ORDER_LATER: none of them is it, call again. */
typedef bool order_is_taken(const void *taken, uint64_t rank);
enum order_step { ORDER_FOUND, ORDER_END, ORDER_LATER };
enum order_step order_search(struct order *order, order_is_taken *is_taken, const void *taken, uint64_t most,
                             uint64_t *rank);
/* How many ranks were looked at so far. */
uint64_t order_looked_at(const struct order *order);
/* The i-th rank in run order without regard to what is taken, i < plan_count(). */
uint64_t order_at(const struct order *order, uint64_t i);

/*
 * What an edit of the config does to the permutations: some stay, some go, some join. Found from the axes and
 * the entries, without walking either set.
 */
struct plan_change;
/* Keeps references to both plans. */
struct plan_change *plan_change_create(struct plan *before, struct plan *now);
void plan_change_destroy(struct plan_change *change);
/* False when the exclude entries are too entangled to count: then these are bounds, stayed at least 0, joined
 * and gone at most all. */
bool plan_change_is_exact(const struct plan_change *change);
uint64_t plan_change_joined(const struct plan_change *change);
uint64_t plan_change_stayed(const struct plan_change *change);
uint64_t plan_change_gone(const struct plan_change *change);
/* The way from the ranks of one plan to those of another. Keeps references to both. */
struct rank_map;
struct rank_map *rank_map_create(struct plan *from, struct plan *to);
void rank_map_destroy(struct rank_map *map);
/* Sets *there to the rank in the other plan of the permutation that has rank `here`; false when that lacks
 * it. */
bool rank_map_find(const struct rank_map *map, uint64_t here, uint64_t *there);

/* The permutations of one plan that are not in another, one by one, sorted as ranks are within each part of
 * them that the edit makes. Both plans must outlive it. */
struct plan_difference;
struct plan_difference *plan_difference_create(const struct plan *plan, const struct plan *other);
void plan_difference_destroy(struct plan_difference *difference);
/* Fills in the next one, as plan_unrank() of `plan` does; false when there is none left. */
bool plan_difference_next(struct plan_difference *difference, uint32_t *choice);
/* Leaves out the next `count`. */
void plan_difference_skip(struct plan_difference *difference, uint64_t count);
