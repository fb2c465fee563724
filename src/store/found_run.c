#include "store/found_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/run_data.h"

const struct run_record *found_run_record(const struct found_run *found)
{
    return found->identity.content ? &found->identity : &found->results;
}

bool found_run_look(const struct found_run *found, const char *name, int64_t *ns, struct error *err)
{
    struct stat info;
    CLEANUP(memory_free) char *path = file_join(found->directory, name);
    *ns = -1;
    if (lstat(path, &info) < 0) {
        error_system(err, errno, "cannot look at %s", path);
        return !err->may_pass;
    }
    *ns = (int64_t)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
    return true;
}

/* Reads the results where the file is of this run, and not one that its program has written for itself. */
static bool read_results(struct found_run *found, const char *name, struct error *err)
{
    struct value *content;
    const struct run_record *identity = &found->identity;
    if (!store_read_object(found->directory, name, &content, err))
        return false;
    if (!content)
        return true;
    store_run_record_take(&found->results, content);
    bool is_own = identity->content
                      ? store_run_record_is_of(&found->results, store_run_record_number(identity, "id", -1),
                                               store_run_record_text(identity, "name", ""))
                      : found->results.data && value_kind(found->results.data) == VALUE_OBJECT;
    if (!is_own)
        store_run_record_free(&found->results);
    return true;
}

/* Finds the results; they are in the second file only where the first is another's. */
static bool find_results(struct found_run *found, struct error *err)
{
    if (found->complete_ns < 0)
        return true;
    if (!read_results(found, RUN_DATA_FILE, err))
        return false;
    found->is_other = !found->results.content;
    if (!found->is_other)
        return true;
    return found_run_look(found, OTHER_RUN_DATA_FILE, &found->complete_ns, err) &&
           (found->complete_ns < 0 || read_results(found, OTHER_RUN_DATA_FILE, err));
}

static void describe(struct found_run *found, const char *base_name)
{
    const struct run_record *record = found_run_record(found);
    const struct value *data_name = value_get(record->keys, "data_name");
    const char *prefix = data_name && value_kind(data_name) == VALUE_STRING ? value_text(data_name) : "";
    const char *name = store_run_record_text(record, "name", "");
    int64_t attempts = store_run_record_number(record, "attempt", 1);
    int64_t id_in_name = store_directory_id(base_name, strlen(base_name), prefix, strlen(prefix));

    found->id = store_run_record_number(record, "id", id_in_name);
    found->attempts = attempts < INT32_MAX ? (int)attempts : 1;
    found->name = store_directory_may_be_run_name(name, found->id) ? name : base_name;
    found->label = store_run_record_text(record, "label", "");
}

bool found_run_read(struct found_run *found, const char *base_name, struct error *err)
{
    if (!store_run_record_read(&found->identity, found->directory, err) || !find_results(found, err))
        return false;
    if (found_run_record(found)->content)
        describe(found, base_name);
    return true;
}

void found_run_free(struct found_run *found)
{
    store_run_record_free(&found->identity);
    store_run_record_free(&found->results);
    free(found->directory);
}
