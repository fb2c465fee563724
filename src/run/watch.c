#include "run/watch.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

static const uint64_t settle_ms = 50;

/* A file that is away for a moment (deleted and made again) hashes to 0. */
static uint64_t hash_content(const char *path)
{
    struct error ignored;
    CLEANUP(text_free) struct text content = {0};
    if (!file_read(path, &content, &ignored))
        return 0;
    return hash_bytes(1, text_get(&content), content.len);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status);

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return memory_copy_text(".");
    return memory_copy_bytes(path, slash == path ? 1 : (size_t)(slash - path));
}

static int watch_folder_of(struct watched_folder *folder, const char *file)
{
    CLEANUP(memory_free) char *path = folder_of(file);
    uv_fs_event_stop(&folder->handle);
    free(folder->name);
    folder->name = file_base_name(file);
    return uv_fs_event_start(&folder->handle, on_event, path, 0);
}

/* The file itself, when the path is a symbolic link to it, which may lead elsewhere after an edit. */
static int watch_target(struct watch *watch)
{
    CLEANUP(memory_free) char *target = realpath(watch->path, NULL);
    return target ? watch_folder_of(&watch->folders[1], target) : 0;
}

static void on_settled(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
    watch_target(watch); /* before the file is read, so that no edit falls in between */
    uint64_t content = hash_content(watch->path);
    if (content == 0 || content == watch->content)
        return;
    watch->content = content;
    watch->edited(watch->context);
}

static void on_event(uv_fs_event_t *handle, const char *name, int events, int status)
{
    (void)events;
    struct watch *watch = handle->data;
    const struct watched_folder *folder = (const struct watched_folder *)handle;
    if (status == 0 && (!name || strcmp(name, folder->name) == 0))
        uv_timer_start(&watch->settle, on_settled, settle_ms, 0);
}

static void init_folder(struct watch *watch, uv_loop_t *loop, struct watched_folder *folder)
{
    uv_fs_event_init(loop, &folder->handle);
    folder->handle.data = watch;
}

bool watch_open(struct watch *watch, uv_loop_t *loop, const char *path, void (*edited)(void *context),
                void *context, struct error *err)
{
    *watch = (struct watch){.path = memory_copy_text(path), .edited = edited, .context = context};
    watch->content = hash_content(path);
    uv_timer_init(loop, &watch->settle);
    watch->settle.data = watch;
    for (int i = 0; i < WATCH_FOLDERS; i++)
        init_folder(watch, loop, &watch->folders[i]);

    int failed = watch_folder_of(&watch->folders[0], path);
    if (failed == 0)
        failed = watch_target(watch);
    return failed == 0 ||
           error_set(err, ERROR_SYSTEM, "edits of %s cannot be followed: %s; after an edit start again", path,
                     uv_strerror(failed));
}

void watch_close(struct watch *watch)
{
    if (!watch->path)
        return;
    for (int i = 0; i < WATCH_FOLDERS; i++) {
        uv_close((uv_handle_t *)&watch->folders[i].handle, NULL);
        free(watch->folders[i].name);
    }
    uv_close((uv_handle_t *)&watch->settle, NULL);
    free(watch->path);
    watch->path = NULL;
}
