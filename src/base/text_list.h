/* Texts one behind the other in one block. `struct text_list list = {0};` is empty. */
#pragma once
#include "base/text.h"
#include "base/vector.h"

struct text_list {
    struct text bytes; /* add a text to it, then text_list_end() */
    VECTOR(size_t) ends;
};

/* Ends the text that was added to `bytes` last. */
void text_list_end(struct text_list *list);
/* Adds the i-th text to `out`. */
void text_list_add_to(const struct text_list *list, size_t i, struct text *out);
void text_list_free(struct text_list *list);
