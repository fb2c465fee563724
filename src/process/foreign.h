/* Processes that this one may not signal, since they belong to another user: what sudo starts, for example.
 */
#pragma once
#include <stdint.h>

#include "process/children.h"

/* Keeps, of a list of processes, those that execute and that this one may not signal. */
void foreign_keep(struct pids *pids);
/* Returns all on this machine that began at `start` (see proc_start()) or later; vector_free() them. */
struct pids foreign_find(uint64_t start);
/* Returns those of a session; vector_free() them. */
struct pids foreign_of_session(const struct pids *foreign, pid_t session);
/*
 * Says which they are and how to end them: "process 12 (sleep 60, of user root) of example0; end it with
 * 'sudo kill 12'". free() it.
 *
 * owner  " of example0", or ""
 */
char *foreign_describe(const struct pids *pids, const char *owner);
