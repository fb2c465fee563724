/* A growable array of any type: `VECTOR(int) numbers = {0};`. Its owner frees `items`. */
#pragma once
#include <stddef.h>
#include <stdlib.h>

#include "base/memory.h"

#define VECTOR(type)                                                                                         \
    struct {                                                                                                 \
        type *items;                                                                                         \
        size_t count, capacity;                                                                              \
    }

/* Doubles the room. */
#define vector_grow(vector)                                                                                  \
    do {                                                                                                     \
        (vector)->capacity = (vector)->capacity ? 2 * (vector)->capacity : 8;                                \
        (vector)->items = memory_resize((vector)->items, (vector)->capacity, sizeof *(vector)->items);       \
    } while (0)

#define vector_push(vector, item)                                                                            \
    do {                                                                                                     \
        if ((vector)->count == (vector)->capacity)                                                           \
            vector_grow(vector);                                                                             \
        (vector)->items[(vector)->count++] = (item);                                                         \
    } while (0)

#define vector_free(vector)                                                                                  \
    do {                                                                                                     \
        free((vector)->items);                                                                               \
        (vector)->items = NULL;                                                                              \
        (vector)->count = (vector)->capacity = 0;                                                            \
    } while (0)
