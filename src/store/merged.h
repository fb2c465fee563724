/* Run directories that were moved or copied here from another log dir, where ids begin at 0 too. */
#pragma once
#include "base/hash.h"
#include "base/vector.h"
#include "store/database.h"
#include "store/found_run.h"

struct merged {
    struct number_set ids, runs; /* of the runs that were found here: the ids, and hashes of id and name */
    /* Of all runs of the database, read when first needed: hashes of their directories, and of the names that
     * furcate gives such runs. */
    struct number_set directories, given;
    bool has_all;
    VECTOR(char *) names; /* base names of complete runs whose id is another run's here */
};

enum whose_run {
    RUN_OF_HERE, /* or of elsewhere, with an id that is free here */
    RUN_OF_COPY, /* the same run was found in another folder before */
    RUN_OF_ELSEWHERE,
    RUN_TAKEN_OVER, /* of elsewhere, and had a row here under another id: the user has deleted that */
};
/* Finds whose the run in a folder without a row is. The database knows which directory each id has. */
bool store_merged_find(struct merged *merged, struct database *database, const struct found_run *found,
                       const char *base_name, enum whose_run *whose, struct error *err);
/* Sorts the names, so that ids are given in their order. */
void store_merged_sort(struct merged *merged);
void store_merged_free(struct merged *merged);
