/*
 * All that a path leads through, watched by inotify(7): the folders, the symbolic links, the file. What a
 * path means changes with any of them: a link that is swapped, a folder above that is moved away.
 *
 * Each is watched for its own sake. libuv's watch of a folder would wake the runner for whatever else is
 * written in that folder, tell nothing of a file that is written through another of its names, nor when its
 * writer has closed it, and drop the notice that events were lost.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "base/vector.h"

struct trail {
    const char *path; /* borrowed */
    int inotify;      /* -1: the kernel gives none */
    VECTOR(int) watches;
    char *missing;   /* what is not there, in the folder that the last watch is on; NULL: the path leads to a
                        file */
    bool is_written; /* a writer has the file open and changed it */
    bool is_blind;   /* a part can change without an event */
    int error;       /* why, an errno; 0: its file system tells of no changes by other machines */
};

/* Without inotify the trail is blind. trail_close() it. */
void trail_open(struct trail *trail, const char *path);
/* Walks along the path and watches what it leads through now. What changes later gives an event. */
void trail_follow(struct trail *trail);
/* Takes all events; the descriptor is readable when there are some. Whether the file, or what leads to it,
 * may have changed. */
bool trail_take_events(struct trail *trail);
void trail_close(struct trail *trail);
