/* Whose code a thread of this process is in. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "base/vector.h"

/* Memory that holds code of a file. */
struct code {
    uintptr_t start, end;
    char *path;
};

struct code_map {
    VECTOR(struct code) list;
};

/* What is mapped now. */
struct code_map code_map_read(void);
void code_map_free(struct code_map *map);

/*
 * The file whose code the thread waits in, or which called what it waits in, leaving out the C and C++
 * runtimes, which all wait in: an absolute path, borrowed from the map. NULL when that cannot be found out,
 * as for a thread that executes.
 *
 * thread  its number, as /proc/self/task has it
 */
const char *code_of_thread(const struct code_map *map, const char *thread);
