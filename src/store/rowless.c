#include "store/rowless.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/tell.h"

bool store_rowless_is_known(struct database *database, const char *base_name, bool *is_known,
                            struct error *err)
{
    static const char digits[] = "0123456789";
    *is_known = false;
    for (const char *at = base_name; !*is_known && (at = strpbrk(at, digits)); at += strspn(at, digits)) {
        CLEANUP(memory_free) char *directory = NULL;
        if (!store_database_directory(database, strtoll(at, NULL, 10), &directory, err))
            return false;
        *is_known = directory && strcmp(directory, base_name) == 0;
    }
    return true;
}

static void add_names(struct text *out, const struct records *records)
{
    enum { most_named = 5 };
    size_t count = records->count, named = count <= most_named ? count : most_named - 1;
    for (size_t i = 0; i < named; i++) {
        CLEANUP(memory_free) char *base_name = file_base_name(records->items[i]->directory);
        text_addf(out, "%s%s", i ? ", " : "", base_name);
    }
    if (named < count)
        text_addf(out, " and %zu more", count - named);
}

void store_rowless_tell(struct log *log, const struct records *records)
{
    bool is_one = records->count == 1;
    CLEANUP(text_free) struct text line = {0};
    if (records->count == 0)
        return;
    text_addf(&line, "%zu finished run%s here, but no row in run_data.csv (", records->count,
              is_one ? " has its folder" : "s have their folders");
    add_names(&line, records);
    text_addf(&line,
              "): %s again, as after a row was deleted. If you have merged log dirs, stop furcate, put the "
              "rows of the other run_data.csv into this one, and start again",
              is_one ? "it runs" : "they run");
    log_line(log, LOG_WARNING, "%s", text_get(&line));
    tell("furcate: %s\n", text_get(&line)); /* the log has no echo before a start is complete */
}
