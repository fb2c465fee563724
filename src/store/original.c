#include "store/original.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/directory.h"

char *store_given_name(const struct run_record *record)
{
    const struct value *of_fork = value_get(record->content, "log_dir");
    const char *in_content = of_fork && value_kind(of_fork) == VALUE_STRING ? value_text(of_fork) : "";
    const char *path = store_run_record_text(record, "log_dir", in_content);
    if (path[0])
        return file_base_name(path);
    return store_directory_base_name(store_run_record_text(record, "name", ""),
                                     store_run_record_text(record, "label", ""));
}

bool store_is_copy(const char *log_dir, const char *base_name, const struct run_record *record,
                   char **original)
{
    struct error ignored;
    *original = NULL;
    CLEANUP(memory_free) char *given = store_given_name(record);
    if (!file_is_name(given) || strcmp(given, base_name) == 0)
        return false;
    CLEANUP(memory_free) char *path = file_join(log_dir, given);
    CLEANUP(store_run_record_free) struct run_record there = {0};
    bool is_copy = store_run_record_read(&there, path, &ignored) && there.content &&
                   store_run_record_is_of(&there, store_run_record_number(record, "id", -1),
                                          store_run_record_text(record, "name", ""));
    if (is_copy)
        *original = memory_copy_text(given);
    return is_copy;
}
