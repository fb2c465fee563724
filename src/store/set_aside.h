/* A furcate.db that cannot be used: kept under another name. */
#pragma once
#include "base/error.h"

/*
 * Renames a damaged database, with its -wal and -shm, to PATH.broken, or PATH.broken2 … when there is one
 * already. Returns the new name, free() it; NULL with err set when it cannot be renamed, or not be read: it
 * may be the disk that is damaged.
 */
char *store_set_aside(const char *path, struct error *err);
