#include "fork/code.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"

/* So much of a stack is looked through, from its top on; what waits is seldom called from deeper. */
enum { most_words = 2048 };

/* --- what is mapped --- */

void code_map_free(struct code_map *map)
{
    for (size_t i = 0; i < map->list.count; i++)
        free(map->list.items[i].path);
    vector_free(&map->list);
}

/* A line of proc(5)'s maps: "start-end rwxp offset device inode path". */
static void add_line(struct code_map *map, char *line)
{
    char *rest, *path = strchr(line, '/');
    uintptr_t start = strtoul(line, &rest, 16);
    uintptr_t end = *rest == '-' ? strtoul(rest + 1, &rest, 16) : 0;
    if (!path || strlen(rest) < strlen(" r-xp") || rest[3] != 'x')
        return;
    path[strcspn(path, "\n")] = '\0';
    vector_push(&map->list, ((struct code){start, end, memory_copy_text(path)}));
}

struct code_map code_map_read(void)
{
    struct code_map map = {0};
    char *line = NULL;
    size_t room = 0;
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps && getline(&line, &room, maps) >= 0)
        add_line(&map, line);
    if (maps)
        fclose(maps);
    free(line);
    return map;
}

/* --- where a thread is --- */

static bool is_runtime(const char *path)
{
    static const char *const patterns[] = {"libc.so*",   "libc-*.so",    "libpthread*.so*", "libstdc++.so*",
                                           "libc++.so*", "libgcc_s.so*", "ld-*.so*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fnmatch(patterns[i], strrchr(path, '/') + 1, 0) == 0)
            return true;
    return false;
}

/* NULL when no code is there, or that of a runtime. */
static const char *file_at(const struct code_map *map, uintptr_t address)
{
    for (size_t i = 0; i < map->list.count; i++) {
        const struct code *code = &map->list.items[i];
        if (address >= code->start && address < code->end)
            return is_runtime(code->path) ? NULL : code->path;
    }
    return NULL;
}

/* The file of the last call that is noted on a stack. A word there may be a number that looks like code: what
 * is told is a hint for a reader, not a proof. */
static const char *last_caller(const struct code_map *map, uintptr_t stack)
{
    uintptr_t words[most_words];
    struct iovec here = {words, sizeof words}, there = {(void *)stack, sizeof words}; /* NOLINT: an address */
    ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    const char *path = NULL;
    for (size_t i = 0; !path && got > 0 && i < (size_t)got / sizeof *words; i++)
        path = file_at(map, words[i]);
    return path;
}

const char *code_of_thread(const struct code_map *map, const char *thread)
{
    struct error ignored;
    CLEANUP(text_free) struct text call = {0};
    CLEANUP(memory_free) char *path = text_format("/proc/self/task/%s/syscall", thread);
    file_read(path, &call, &ignored);
    /* "number arguments… stack-pointer program-counter", or "running" */
    char *counter = call.data ? strrchr(call.data, ' ') : NULL;
    if (!counter)
        return NULL;
    const char *found = file_at(map, strtoul(counter, NULL, 16));
    *counter = '\0';
    const char *stack = strrchr(call.data, ' ');
    return found || !stack ? found : last_caller(map, strtoul(stack, NULL, 16));
}
