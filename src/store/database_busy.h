/* A furcate.db that another program has locked when it is opened. */
#pragma once
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/types.h>

struct database_patience {
    const char *path; /* borrowed */
    bool is_told;
    pid_t parent; /* of this process when it began to wait */
};

/* Lets what finds the database locked wait for ten minutes, or until the guardian is gone; after a second
 * stderr says so. `patience` must live as long as the handle, or until another busy handler is set. */
void store_database_be_patient(sqlite3 *handle, struct database_patience *patience, const char *path);
