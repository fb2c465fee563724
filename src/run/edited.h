/* Whether the files that a command line names were edited, a script for instance. */
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

/* Remembers those of the words that are regular files now, instead of what was remembered before. */
void edited_note(struct edited *edited, char *const *words);
/* The file that was edited, replaced or removed since; NULL: none. */
const char *edited_find(const struct edited *edited);
void edited_free(struct edited *edited);
