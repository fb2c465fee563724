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
    if (!path || strlen(rest) < strlen(" r-xp") || rest[1] != 'r' || rest[3] != 'x')
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
static const struct code *code_at(const struct code_map *map, uintptr_t address)
{
    for (size_t i = 0; i < map->list.count; i++) {
        const struct code *code = &map->list.items[i];
        if (address >= code->start && address < code->end)
            return is_runtime(code->path) ? NULL : code;
    }
    return NULL;
}

/* Returns whether the instruction before an address in code is a call, so that a call may return there. */
static bool is_after_call(const struct code *code, uintptr_t address)
{
    enum { longest_call = 7 };
    if (address - code->start < longest_call)
        return false;
    const unsigned char *here = (const unsigned char *)address; /* NOLINT: an address */
#if defined(__x86_64__)
    /* E8 and a distance; FF /2 and how the target is found (Intel's manual, volume 2, CALL). */
    bool is_call = here[-5] == 0xe8;
    for (int len = 2; len <= longest_call && !is_call; len++)
        is_call = here[-len] == 0xff && (here[-len + 1] & 0x38) == 0x10;
    return is_call;
#elif defined(__aarch64__)
    uint32_t instruction; /* BL, BLR */
    memcpy(&instruction, here - sizeof instruction, sizeof instruction);
    return (instruction & 0xfc000000) == 0x94000000 || (instruction & 0xfffffc1f) == 0xd63f0000;
#else
    return here;
#endif
}

/* The file of the last call that is noted on a stack. Between the calls there is what earlier ones have left,
 * such as what the dynamic linker looked up: addresses and numbers in code to which no call returns. */
static const char *last_caller(const struct code_map *map, uintptr_t stack)
{
    uintptr_t words[most_words];
    struct iovec here = {words, sizeof words}, there = {(void *)stack, sizeof words}; /* NOLINT: an address */
    ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
    const char *path = NULL;
    for (size_t i = 0; !path && got > 0 && i < (size_t)got / sizeof *words; i++) {
        const struct code *code = code_at(map, words[i]);
        path = code && is_after_call(code, words[i]) ? code->path : NULL;
    }
    return path;
}

const char *code_of_thread(const struct code_map *map, const char *thread)
{
    struct error ignored;
    CLEANUP(text_free) struct text call = {0};
    CLEANUP(memory_free) char *path = text_format("/proc/self/task/%s/syscall", thread);
    file_read(path, &call, &ignored);
    /* "number arguments… stack-pointer program-counter"; "running"; or "-1 stack-pointer program-counter" for
     * one that waits for memory, as when it begins and nobody has called anything yet */
    char *counter = call.data ? strrchr(call.data, ' ') : NULL;
    if (!counter || call.data[0] == '-')
        return NULL;
    const struct code *found = code_at(map, strtoul(counter, NULL, 16));
    *counter = '\0';
    const char *stack = strrchr(call.data, ' ');
    return found ? found->path : stack ? last_caller(map, strtoul(stack, NULL, 16)) : NULL;
}
