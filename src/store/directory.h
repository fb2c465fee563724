/* Run directories: their names, and what the runner writes into them. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "config/value.h"
#include "store/store.h"

/* No furcate gives as many ids: what is higher, in a file or a name, is none. */
#define STORE_HIGHEST_ID INT64_C(99999999999)
/* The highest that the first run of a start may get, so that all runs of that start get one. */
#define STORE_HIGHEST_FIRST_ID (STORE_HIGHEST_ID - INT64_C(1000000000))

/* "example0" from "example" and 0; what a path cannot hold is replaced. data_name may be NULL. free() it. */
char *store_directory_run_name(const struct value *data_name, int64_t id);
/* Returns whether furcate may have made the name for a run with this id. */
bool store_directory_may_be_run_name(const char *name, int64_t id);
/* "example0_foo_bs32"; at most 200 bytes, a longer one ends in a hash. free() it. */
char *store_directory_base_name(const char *name, const char *label);
/* Returns whether an error, of a file in a run directory, is one that the program or whoever made the
 * directory has brought about: nothing else is to wait for it. */
bool store_directory_is_spoilt(const struct error *err);
/* Sets err->is_of_run where a run cannot be started because its directory is in such a state. Returns false.
 */
bool store_directory_refuse(const struct run *run, struct error *err);
/* Opens the run directory. Returns -1 with err set where it is a link, or no folder any more. */
int store_directory_open(const struct run *run, struct error *err);
/* The path of a run directory whose name is too long for its file system, with a name of 140 bytes that ends
 * in a hash: eCryptfs takes 143. NULL when the name is no longer than that; free() it. */
char *store_directory_shorter(const char *directory);
/* The id in a run directory's base name, or in a run's name; -1 when there is none. data_name may be "". */
int64_t store_directory_id(const char *base_name, size_t len, const char *data_name, size_t data_name_len);
