#include "run/recent.h"

#include <string.h>

void recent_note(struct recent_runs *runs, const struct run *run)
{
    vector_push(&runs->all, ((struct recent){value_ref(run->keys), run->rank, false}));
}

void recent_follow(struct recent_runs *runs, size_t unwritten)
{
    size_t written = runs->all.count - unwritten;
    struct recent *all = runs->all.items;
    for (size_t i = 0; i < written; i++) {
        all[i].is_written = true;
        if (!runs->keeps)
            value_unref(all[i].keys);
    }
    if (runs->keeps || written == 0)
        return;
    memmove(all, all + written, unwritten * sizeof *all);
    runs->all.count = unwritten;
}

void recent_free(struct recent_runs *runs)
{
    for (size_t i = 0; i < runs->all.count; i++)
        value_unref(runs->all.items[i].keys);
    vector_free(&runs->all);
}
