/*
 * Files in a log dir, which others may have filled: the programs that furcate runs, and whoever the log dir
 * came from.
 *
 * A log dir has two levels: its own files, and run directories with theirs. The path that leads to the log
 * dir may have links in it, but no name within it may be one: so no call here follows a link in the last
 * component of a path or name, and a file in a run directory is opened from its opened folder. Only regular
 * files are opened, and opening one never waits. Others may read what is made here, and nobody else may write
 * to it, whatever the umask.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/text.h"

/* Makes a folder; true also where there is one already. Returns false with errno set. */
bool folder_make(const char *path);
/* Opens a folder. Returns -1 with errno set, ELOOP where the path is a link. */
int folder_open(const char *path);
/* Opens the folder of a file. *name is the last component of its path. */
int folder_open_of(const char *path, const char **name);
/*
 * Opens a regular file. A file that is opened for writing and has a second name elsewhere (a hard link) is
 * copied first, so that the other one stays as it is.
 *
 * folder  AT_FDCWD: `name` is a path
 * flags   of open(2); with O_EXCL the file is new
 * Returns -1 with errno set: ELOOP where it is a link, EISDIR for a folder, EMEDIUMTYPE for anything else
 * that is no regular file, EMLINK where the copy would be larger than 8 GiB.
 */
int folder_open_file(int folder, const char *name, int flags);
/* Does the same for a file in a run directory, from the path of the file. */
int folder_open_path(const char *path, int flags);
/* Makes a file, removing one that a crash has left by that name. */
int folder_make_file(int folder, const char *name);
/* Writes a file that is new, or takes the place of what has that name; the second by way of `name`.new, so
 * that a reader finds the old or the new content. Returns false with errno set. */
bool folder_write(int folder, const char *name, const char *bytes, size_t len);
/* Returns the name that a write which has failed, by errno, is to be blamed on: `name`, or `name`.new where a
 * folder has that name. Keeps errno. free() it. */
char *folder_find_obstacle(int folder, const char *name);
/* Writes `name`.new, syncs it, renames it, syncs the folder: after a crash the old or the new content is
 * there. */
bool folder_write_synced(int folder, const char *name, const char *bytes, size_t len);
/* Do the same by the path of a file in a run directory. */
bool folder_write_path(const char *path, const char *bytes, size_t len, struct error *err);
bool folder_write_path_synced(const char *path, const char *bytes, size_t len, struct error *err);
/* Renames what has that name to `name`.broken, `name`.broken2 or so on, whichever is free. Returns the new
 * name, which the caller frees; NULL with errno set. */
char *folder_set_aside(int folder, const char *name);
/* Reads a whole file of at most `most` bytes into `content`. Returns false with errno set, EFBIG past that.
 */
bool folder_read(int folder, const char *name, size_t most, struct text *content);

/* Sets the error of one of these calls, of the kind of error_system(), with the remedy for what is no regular
 * file.
 */
bool folder_error(struct error *err, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
