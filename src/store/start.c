/* What a start of furcate was given, and what its attempts execute, on their way into furcate.db. */
#include <stdlib.h>

#include "base/memory.h"
#include "store/internal.h"

bool store_start_anew(struct store *store, struct error *err)
{
    int64_t last;
    if (!store_database_last_start(store->database, &last, err))
        return false;
    store->start_text.id = last + 1;
    store->start_text.is_put = store->code.is_put = false;
    return true;
}

void store_set_start(struct store *store, struct value *start)
{
    struct text text = {0};
    value_add_json(&text, start);
    value_unref(store->start);
    free(store->start_text.text);
    store->start = start;
    store->start_text.text = text_take(&text);
    store->start_text.is_put = false;
}

void store_set_code(struct store *store, int64_t hash, const char *files)
{
    free(store->code.text);
    store->code = (struct text_to_put){memory_copy_text(files), hash, false};
}

static void take(struct text_to_put *from, struct text_to_put *batch)
{
    if (!from->text || from->is_put)
        return;
    free(batch->text);
    *batch = (struct text_to_put){memory_copy_text(from->text), from->id, false};
    from->is_put = true;
}

void store_start_take(struct store *store)
{
    take(&store->start_text, &store->batch_start);
    take(&store->code, &store->batch_code);
}

bool store_start_put(struct store *store, struct error *err)
{
    const struct text_to_put *start = &store->batch_start, *code = &store->batch_code;
    return (!start->text || store_database_put_start(store->database, start->id, start->text, err)) &&
           (!code->text || store_database_put_code(store->database, code->id, code->text, err));
}

void store_start_is_put(struct store *store)
{
    free(store->batch_start.text);
    free(store->batch_code.text);
    store->batch_start.text = store->batch_code.text = NULL;
}

void store_start_free(struct store *store)
{
    store_start_is_put(store);
    value_unref(store->start);
    free(store->start_text.text);
    free(store->code.text);
}
