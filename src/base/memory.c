#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const char *memory_limit_remedy(void)
{
    static const struct {
        __rlimit_resource_t resource;
        const char *remedy;
    } limits[] = {
        {RLIMIT_AS, " (raise the limit on memory, ulimit -v)"},
        {RLIMIT_DATA, " (raise the limit on memory, ulimit -d)"},
    };
    struct rlimit limit;
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        if (getrlimit(limits[i].resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
            return limits[i].remedy;
    return NULL;
}

void memory_end(void)
{
    const char *remedy = memory_limit_remedy();
    fputs("furcate: out of memory; finished runs are safe, start again to go on", stderr);
    fputs(remedy ? remedy : "", stderr);
    fputs("\n", stderr);
    abort();
}

static void *check(void *block)
{
    if (!block)
        memory_end();
    return block;
}

/* Small blocks by malloc: glibc's calloc passes by the cache of blocks that were freed a moment ago. */
void *memory_new(size_t count, size_t size)
{
    enum { small = 1024 };
    if (size == 0 || count > small / size)
        return check(calloc(count ? count : 1, size ? size : 1));
    size_t bytes = count ? count * size : 1;
    return memset(check(malloc(bytes)), 0, bytes);
}

void *memory_resize(void *block, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return check(NULL);
    return check(realloc(block, count && size ? count * size : 1));
}

char *memory_copy_bytes(const char *bytes, size_t len)
{
    char *copy = check(malloc(len + 1));
    memcpy(copy, bytes, len);
    copy[len] = '\0';
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
