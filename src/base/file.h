/* Files and paths. Messages name the path and the remedy where there is one. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/text.h"

/* Adds what is left to read, as long as `content` is not over `most` bytes. Returns false with errno set,
 * EFBIG past that. */
bool file_read_fd(int fd, size_t most, struct text *content);
/* Adds the whole file to `content`, as long as that is a regular file of at most 1 GiB; anything else could
 * keep us waiting. Follows links. */
bool file_read(const char *path, struct text *content, struct error *err);
/* Makes a rename to the path durable, where the file system can: the folder's entry reaches the disk
 * (fsync(2)). */
void file_sync_folder_of(const char *path);
/* Writes until all is written. Returns false with errno set. */
bool file_write_all(int fd, const char *bytes, size_t len);
/* Makes the folder and those above it, all of which nobody else may write to, unless they are there. */
bool file_make_dirs(const char *path, struct error *err);
/* Returns whether both are of one file (stat(2)). */
bool file_is_same(const struct stat *a, const struct stat *b);
/* Returns whether the folder that this process works in was deleted, so that relative paths lead nowhere. */
bool file_cwd_is_deleted(void);
/* Returns "a/b" from "a" (or "a/") and "b"; free() it. */
char *file_join(const char *folder, const char *name);
/* Returns the last component of a path, without trailing slashes: "data/foo/" gives "foo"; free() it. */
char *file_base_name(const char *path);
/* Returns whether it is the name of something within a folder, and not that of the folder itself or of one
 * elsewhere.
 */
bool file_is_name(const char *name);
/* Adds the path in its shortest spelling: "./data//" is "data". ".." stays, since a link may come before it.
 */
void file_add_normal_path(struct text *out, const char *path, size_t len);
/* Returns whether both are spellings of one path, as "./data/" and "data" are; looks at no file. */
bool file_is_same_path(const char *a, const char *b);
/* Returns whether it is an address on another machine or service, such as "gs://bucket/x": a scheme (RFC
 * 3986, section 3.1) and "://". */
bool file_is_remote(const char *path);
/* Returns whether there is a folder at the path. */
bool file_is_folder(const char *path);
/* Returns the path from the root; free() it. There need be no file. */
char *file_absolute(const char *path);

/* close() for CLEANUP(file_close_fd); -1 is fine. */
void file_close_fd(int *fd);
