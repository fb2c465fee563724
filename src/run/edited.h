/* Whether the files that a program was read from were edited: its script, and that script's modules. */
#pragma once
#include <stdbool.h>
#include <sys/stat.h>

#include "base/vector.h"

struct edited_file {
    char *path;
    struct stat info;
};

struct edited {
    VECTOR(struct edited_file) files;
};

/* Remembers a file as it is now, instead of as it was, and returns its path, borrowed; NULL: it is no regular
 * file. */
const char *edited_note(struct edited *edited, const char *path);
/* Remembers the same files as they are now; one that is gone counts as edited when it is there again. */
void edited_renew(struct edited *edited);
/* The file that was edited, replaced or removed since; borrowed. NULL: none. */
const char *edited_find(const struct edited *edited);
/* The file of which the time of its last change is not before that (clock_wall()); borrowed. NULL: none. */
const char *edited_find_newer(const struct edited *edited, double wall);
/* Remembers none; `edited` may be used again. */
void edited_clear(struct edited *edited);
