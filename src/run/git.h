/* The commit that a folder of a git repository is at, read from git's own files. */
#pragma once

/* Returns the commit of the repository that the file is in; NULL: none, or none yet. free() it. Changes that
 * are not committed are not looked for. */
char *git_find_commit(const char *path);
