/* Where a process executes: pids mean the same to all processes of one boot and one pid namespace. */
#pragma once
#include <stdbool.h>

struct machine {
    char host[65];
    char boot[40];          /* "" where /proc does not tell it */
    char pid_namespace[32]; /* "" where /proc does not tell it, or is another namespace's */
};

/* Describes where this process executes. */
void machine_read(struct machine *machine);
/* Returns whether pids provably mean the same in both. */
bool machine_shares_pids(const struct machine *a, const struct machine *b);
/* Returns whether the other is on another machine or in another container, as far as is known. */
bool machine_is_elsewhere(const struct machine *here, const struct machine *there);
