/* The runner's end of a fork server (serving.h). */
#pragma once
#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"
#include "process/launch.h"
#include "process/serving.h"

struct server {
    int socket; /* readable once it is warm */
    struct launched launched;
};

/*
 * Launches the program as a server: `launch` less SERVER_VARIABLE, which is added to its environment. Returns
 * once the program is executed; nothing of `launch` is needed any more. On false nothing was started.
 */
bool server_start(struct launcher *launcher, const struct launch *launch, struct server *server,
                  struct error *err);
/*
 * Once the socket is readable. False when there is no note: it was closed. The note of another version has
 * nothing but that, and 0 where it cannot be told.
 *
 * sources  gets the absolute paths of the files that the program was read from besides those of its command
 * line, as a script's modules, each ended by a NUL
 */
bool server_read_note(const struct server *server, struct server_note *note, struct text *sources);
/*
 * Has it forked for a run, as launch_process() would start one; launched->birth is NULL. The caller adopts
 * orphans (PR_SET_CHILD_SUBREAPER). Waits for the run to be there, for 5 s at most, but not for
 * a server that is stopped. On false (ERROR_SYSTEM) there is no run, and the server may be of no more use.
 *
 * cwd  the folder to go to where the server's own was deleted; NULL: none
 */
bool server_fork(const struct server *server, const struct launch *launch, const char *cwd,
                 struct launched *launched, struct error *err);
