#include "base/text_list.h"

void text_list_end(struct text_list *list)
{
    vector_push(&list->ends, list->bytes.len);
}

void text_list_add_to(const struct text_list *list, size_t i, struct text *out)
{
    size_t start = i ? list->ends.items[i - 1] : 0;
    text_add_bytes(out, text_get(&list->bytes) + start, list->ends.items[i] - start);
}

void text_list_free(struct text_list *list)
{
    text_free(&list->bytes);
    vector_free(&list->ends);
}
