/* Where a process executes: pids mean the same to all processes of one boot and one pid namespace. */
#pragma once
#include <stdbool.h>

enum { MACHINE_HOST_SIZE = 65 };

struct machine {
    char host[MACHINE_HOST_SIZE]; /* "" where it has no name */
    char boot[40];                /* "" where /proc does not tell it */
    char pid_namespace[32];       /* "" where /proc does not tell it */
};

/* Writes the name of this host to `host`. */
void machine_name_host(char host[MACHINE_HOST_SIZE]);
/* Describes where this process executes. */
void machine_read(struct machine *machine);
/* Returns whether pids provably mean the same in both. */
bool machine_shares_pids(const struct machine *a, const struct machine *b);
/* Returns whether the other is on another machine or in another container, as far as is known. */
bool machine_is_elsewhere(const struct machine *here, const struct machine *there);
