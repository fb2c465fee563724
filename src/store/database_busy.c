#include "store/database_busy.h"

#include <unistd.h>

#include "base/tell.h"

enum { pause_ms = 50, most_minutes = 10, told_after = 1000 / pause_ms };

/* Called by SQLite each time that it finds the database locked; returns whether it is to try again. */
static int on_busy(void *context, int tries)
{
    struct database_patience *patience = context;
    if (tries >= most_minutes * 60 * 1000 / pause_ms || getppid() != patience->parent)
        return 0;
    if (tries >= told_after && !patience->is_told) {
        patience->is_told = true;
        tell("furcate: %s is locked by another program (a database browser?); furcate waits for up to %d "
             "minutes: let that program save or undo its changes, or close it\n",
             patience->path, most_minutes);
    }
    usleep(pause_ms * 1000);
    return 1;
}

void store_database_be_patient(sqlite3 *handle, struct database_patience *patience, const char *path)
{
    *patience = (struct database_patience){.path = path, .parent = getppid()};
    sqlite3_busy_handler(handle, on_busy, patience);
}
