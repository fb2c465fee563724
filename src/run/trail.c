#include "run/trail.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/file_system.h"

/* As many as path_resolution(7) follows. */
enum { most_links = 40 };

static const uint32_t moved = IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW;
/* Renaming over a name takes a link from the inode that had it, which IN_ATTRIB tells. On a folder it would
 * tell of all that is in it; but a folder is moved, or emptied first. */
static const uint32_t replaced = moved | IN_ATTRIB;
static const uint32_t written = replaced | IN_MODIFY | IN_CLOSE_WRITE;
static const uint32_t filled = moved | IN_CREATE | IN_MOVED_TO;

struct walk {
    struct trail *trail;
    struct text here; /* "": the working directory. No link is in it. */
    char *rest;
    int links;
    dev_t device; /* the file system that was looked at last */
    VECTOR(int) watches;
};

static void be_blind(struct walk *walk, int error)
{
    if (!walk->trail->is_blind)
        walk->trail->error = error;
    walk->trail->is_blind = true;
}

static void watch(struct walk *walk, const char *path, uint32_t mask)
{
    int watch = inotify_add_watch(walk->trail->inotify, path, mask);
    if (watch >= 0)
        vector_push(&walk->watches, watch);
    else if (errno != ENOENT && errno != ENOTDIR) /* just gone: the next walk sees it */
        be_blind(walk, errno);
}

static void look_at_file_system(struct walk *walk, const char *path, dev_t device)
{
    struct statfs info;
    if (device != walk->device && (statfs(path, &info) < 0 || !file_system_tells(info.f_type)))
        be_blind(walk, 0);
    walk->device = device;
}

/* Takes the first part of what is left of the path; false at its end. */
static bool take_part(struct walk *walk, char **part)
{
    char *start = walk->rest + strspn(walk->rest, "/");
    char *end = start + strcspn(start, "/");
    if (start == end)
        return false;
    *part = memory_copy_bytes(start, (size_t)(end - start));
    memmove(walk->rest, end, strlen(end) + 1);
    return true;
}

static void begin_at(struct walk *walk, char *path)
{
    text_clear(&walk->here);
    if (path[0] == '/')
        text_add(&walk->here, "/");
    free(walk->rest);
    walk->rest = path;
}

static bool follow_link(struct walk *walk, const char *link)
{
    char target[PATH_MAX];
    ssize_t len = readlink(link, target, sizeof target);
    if (len < 0 || len == sizeof target || ++walk->links > most_links)
        return false;
    target[len] = '\0';
    char *rest = file_join(target, walk->rest + strspn(walk->rest, "/"));
    if (target[0] == '/') {
        begin_at(walk, rest);
        return true;
    }
    free(walk->rest);
    walk->rest = rest;
    return true;
}

/* A part that is a file already, where a folder should be, is watched. */
static void end_at(struct walk *walk, const char *part, int error)
{
    if (error == ENOENT) {
        watch(walk, walk->here.len ? text_get(&walk->here) : ".", filled);
        walk->trail->missing = memory_copy_text(part);
    } else if (error != ENOTDIR) {
        be_blind(walk, error);
    }
}

/* Returns whether the path leads on. */
static bool step(struct walk *walk, const char *part)
{
    struct stat info;
    CLEANUP(memory_free)
    char *path = walk->here.len ? file_join(text_get(&walk->here), part) : memory_copy_text(part);
    if (lstat(path, &info) < 0) {
        end_at(walk, part, errno);
        return false;
    }
    bool is_link = S_ISLNK(info.st_mode), is_folder = S_ISDIR(info.st_mode);
    watch(walk, path, is_link ? replaced : is_folder ? moved : written);
    if (is_link)
        return follow_link(walk, path);
    look_at_file_system(walk, path, info.st_dev);
    text_clear(&walk->here);
    text_add(&walk->here, path);
    return true;
}

static bool are_same(const struct walk *walk, const struct trail *trail)
{
    size_t size = trail->watches.count * sizeof *trail->watches.items;
    return walk->watches.count == trail->watches.count &&
           (size == 0 || memcmp(walk->watches.items, trail->watches.items, size) == 0);
}

static bool has(const struct walk *walk, int watch)
{
    for (size_t i = 0; i < walk->watches.count; i++)
        if (walk->watches.items[i] == watch)
            return true;
    return false;
}

/* Watches what the walk came through, and nothing else. */
static void adopt(struct trail *trail, struct walk *walk)
{
    for (size_t i = 0; i < trail->watches.count; i++)
        if (!has(walk, trail->watches.items[i]))
            inotify_rm_watch(trail->inotify, trail->watches.items[i]);
    vector_free(&trail->watches);
    for (size_t i = 0; i < walk->watches.count; i++)
        vector_push(&trail->watches, walk->watches.items[i]);
}

/* Returns whether the path led through the same as the last time. */
static bool walk_along(struct trail *trail)
{
    struct walk walk = {.trail = trail};
    char *part;
    free(trail->missing);
    trail->missing = NULL;
    trail->is_blind = false;
    begin_at(&walk, memory_copy_text(trail->path));
    for (bool more = true; more && take_part(&walk, &part); free(part))
        more = step(&walk, part);
    bool same = are_same(&walk, trail);
    adopt(trail, &walk);
    vector_free(&walk.watches);
    text_free(&walk.here);
    free(walk.rest);
    return same;
}

void trail_open(struct trail *trail, const char *path)
{
    *trail = (struct trail){.path = path, .inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
    trail->is_blind = trail->inotify < 0;
    trail->error = errno;
    trail_follow(trail);
}

/* What is changed before its watch is on gives no event, so the path is walked until a walk finds it as the
 * one before did. A path that changes all the time is left to its next event. */
void trail_follow(struct trail *trail)
{
    enum { most_walks = 100 };
    if (trail->inotify < 0)
        return;
    for (int walks = 0; walks < most_walks && !walk_along(trail); walks++)
        trail->is_written = false;
}

static bool concerns(struct trail *trail, const struct inotify_event *event)
{
    if (event->mask & IN_IGNORED) /* the end of a watch; its reason came before */
        return false;
    if (event->mask & IN_MODIFY)
        trail->is_written = true;
    else if (event->mask & IN_CLOSE_WRITE)
        trail->is_written = false;
    return event->len == 0 || (trail->missing && strcmp(event->name, trail->missing) == 0);
}

bool trail_take_events(struct trail *trail)
{
    _Alignas(struct inotify_event) char buffer[4096];
    bool concerned = false;
    ssize_t got;
    while ((got = read(trail->inotify, buffer, sizeof buffer)) > 0) {
        const struct inotify_event *event;
        for (const char *at = buffer; at < buffer + got; at += sizeof *event + event->len) {
            event = (const struct inotify_event *)at;
            concerned |= concerns(trail, event);
        }
    }
    return concerned;
}

void trail_close(struct trail *trail)
{
    file_close_fd(&trail->inotify);
    vector_free(&trail->watches);
    free(trail->missing);
    trail->missing = NULL;
}
