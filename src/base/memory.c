#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *check(void *block)
{
    if (block)
        return block;
    static const char message[] = "furcate: out of memory; finished runs are safe, start again to go on\n";
    fputs(message, stderr);
    abort();
}

void *memory_new(size_t count, size_t size)
{
    return check(calloc(count ? count : 1, size));
}

void *memory_resize(void *block, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return check(NULL);
    return check(realloc(block, count && size ? count * size : 1));
}

char *memory_copy_bytes(const char *bytes, size_t len)
{
    char *copy = memory_new(len + 1, 1);
    memcpy(copy, bytes, len);
    return copy;
}

char *memory_copy_text(const char *text)
{
    return memory_copy_bytes(text, strlen(text));
}

void memory_free(void *pointer_to_block)
{
    free(*(void **)pointer_to_block);
}
