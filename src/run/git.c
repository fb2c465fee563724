#include "run/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

/* Returns the first line of a file; NULL when there is none. free() it. */
static char *read_line(const char *folder, const char *name)
{
    struct error ignored;
    struct text content = {0};
    CLEANUP(memory_free) char *path = file_join(folder, name);
    if (!file_read(path, &content, &ignored)) {
        text_free(&content);
        return NULL;
    }
    text_cut(&content, strcspn(text_get(&content), "\r\n"));
    return text_take(&content);
}

/* Returns the path that a file of git names, which is relative to the folder of that file. free() it. */
static char *resolve(const char *folder, const char *path)
{
    return path[0] == '/' ? memory_copy_text(path) : file_join(folder, path);
}

/* Returns the .git folder of the folder itself; in a worktree or a submodule .git is a file that names it.
 * NULL: it has none. free() it. */
static char *find_git_here(const char *folder)
{
    static const char prefix[] = "gitdir: ";
    CLEANUP(memory_free) char *link = read_line(folder, ".git");
    if (link && strncmp(link, prefix, strlen(prefix)) == 0)
        return resolve(folder, link + strlen(prefix));
    CLEANUP(memory_free) char *git = file_join(folder, ".git");
    CLEANUP(memory_free) char *head = read_line(git, "HEAD");
    return head ? memory_copy_text(git) : NULL;
}

static char *find_git(const char *path)
{
    CLEANUP(memory_free) char *folder = file_absolute(path);
    for (char *slash; (slash = strrchr(folder, '/'));) {
        *slash = '\0';
        char *git = find_git_here(*folder ? folder : "/");
        if (git)
            return git;
    }
    return NULL;
}

/* Looks through packed-refs, which has "COMMIT NAME" on each line. */
static char *find_packed(const char *git, const char *name)
{
    struct error ignored;
    CLEANUP(text_free) struct text packed = {0};
    CLEANUP(memory_free) char *path = file_join(git, "packed-refs");
    if (!file_read(path, &packed, &ignored))
        return NULL;
    for (char *rest = packed.data, *line; rest && (line = strsep(&rest, "\n"));) {
        char *space = strchr(line, ' ');
        if (space && strcmp(space + 1, name) == 0)
            return memory_copy_bytes(line, (size_t)(space - line));
    }
    return NULL;
}

static char *find_ref(const char *git, const char *name)
{
    char *commit = read_line(git, name);
    return commit ? commit : find_packed(git, name);
}

static bool is_commit(const char *text)
{
    size_t len = strspn(text, "0123456789abcdef");
    return text[len] == '\0' && (len == 40 || len == 64);
}

char *git_find_commit(const char *path)
{
    static const char prefix[] = "ref: ";
    CLEANUP(memory_free) char *git = find_git(path);
    CLEANUP(memory_free) char *head = git ? read_line(git, "HEAD") : NULL;
    char *commit = head ? memory_copy_text(head) : NULL;
    if (head && strncmp(head, prefix, strlen(prefix)) == 0) {
        CLEANUP(memory_free) char *common = read_line(git, "commondir");
        CLEANUP(memory_free) char *shared = common ? resolve(git, common) : NULL;
        free(commit);
        commit = find_ref(git, head + strlen(prefix));
        if (!commit && shared)
            commit = find_ref(shared, head + strlen(prefix));
    }
    if (commit && is_commit(commit))
        return commit;
    free(commit);
    return NULL;
}
