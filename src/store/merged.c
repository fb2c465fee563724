#include "store/merged.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/known.h"
#include "store/original.h"

static void note_run(void *context, const char *directory, const char *given)
{
    struct merged *merged = context;
    number_set_add(&merged->directories, store_known_hash(directory, strlen(directory)));
    number_set_add(&merged->given, store_known_hash(given, strlen(given)));
}

/* Finds whether the run of another log dir has, or had, a row here under an id of its own. */
static bool find_taken_over(struct merged *merged, struct database *database, const char *base_name,
                            uint64_t given, enum whose_run *whose, struct error *err)
{
    if (!merged->has_all && !store_database_all_runs(database, note_run, merged, err))
        return false;
    merged->has_all = true;
    if (number_set_has(&merged->directories, store_known_hash(base_name, strlen(base_name))))
        *whose = RUN_TAKEN_OVER;
    else if (number_set_has(&merged->given, given))
        *whose = RUN_OF_COPY;
    return true;
}

bool store_merged_find(struct merged *merged, struct database *database, const struct found_run *found,
                       const char *base_name, enum whose_run *whose, struct error *err)
{
    CLEANUP(memory_free) char *given = store_given_name(found_run_record(found));
    CLEANUP(memory_free) char *directory = NULL;
    uint64_t id = (uint64_t)found->id, name = store_known_hash(given, strlen(given)),
             run = hash_number(name, id) >> 1;
    *whose = RUN_OF_HERE;
    if (found->id < 0)
        return true;
    if (number_set_has(&merged->runs, run)) {
        *whose = RUN_OF_COPY;
        return true;
    }
    if (!store_database_directory(database, found->id, &directory, err))
        return false;
    bool is_others =
        directory && *directory && strcmp(directory, base_name) != 0 && strcmp(directory, given) != 0;
    number_set_add(&merged->runs, run);
    if (number_set_add(&merged->ids, id) && !is_others)
        return true;
    *whose = RUN_OF_ELSEWHERE;
    return find_taken_over(merged, database, base_name, name, whose, err);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void store_merged_sort(struct merged *merged)
{
    if (merged->names.count > 0)
        qsort(merged->names.items, merged->names.count, sizeof *merged->names.items, compare);
}

void store_merged_free(struct merged *merged)
{
    for (size_t i = 0; i < merged->names.count; i++)
        free(merged->names.items[i]);
    vector_free(&merged->names);
    number_set_free(&merged->ids);
    number_set_free(&merged->runs);
    number_set_free(&merged->directories);
    number_set_free(&merged->given);
}
