/* Processes that this one may not signal, since they belong to another user: what sudo starts, for example.
 */
#pragma once
#include "process/children.h"

/* Keeps, of a list of processes, those that execute and that this one may not signal. */
void foreign_keep(struct pids *pids);
/*
 * Says which they are and how to end them: "process 12 (sleep 60, of user root) of example0; end it with
 * 'sudo kill 12'". free() it.
 *
 * owner  " of example0", or ""
 */
char *foreign_describe(const struct pids *pids, const char *owner);
