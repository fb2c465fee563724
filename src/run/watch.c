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

static void on_settled(uv_timer_t *timer)
{
    struct watch *watch = timer->data;
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

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return memory_copy_text(".");
    return memory_copy_bytes(path, slash == path ? 1 : (size_t)(slash - path));
}

static int add_folder(struct watch *watch, uv_loop_t *loop, const char *file)
{
    CLEANUP(memory_free) char *path = folder_of(file);
    struct watched_folder *folder = &watch->folders[watch->folder_count++];
    folder->name = file_base_name(file);
    uv_fs_event_init(loop, &folder->handle);
    folder->handle.data = watch;
    return uv_fs_event_start(&folder->handle, on_event, path, 0);
}

bool watch_open(struct watch *watch, uv_loop_t *loop, const char *path, void (*edited)(void *context),
                void *context, struct error *err)
{
    *watch = (struct watch){.path = memory_copy_text(path), .edited = edited, .context = context};
    watch->content = hash_content(path);
    uv_timer_init(loop, &watch->settle);
    watch->settle.data = watch;

    CLEANUP(memory_free) char *target = realpath(path, NULL);
    int failed = add_folder(watch, loop, path);
    if (failed == 0 && target)
        failed = add_folder(watch, loop, target);
    return failed == 0 ||
           error_set(err, ERROR_SYSTEM, "edits of %s cannot be followed: %s; after an edit start again", path,
                     uv_strerror(failed));
}

void watch_close(struct watch *watch)
{
    if (!watch->path)
        return;
    for (int i = 0; i < watch->folder_count; i++) {
        uv_close((uv_handle_t *)&watch->folders[i].handle, NULL);
        free(watch->folders[i].name);
    }
    uv_close((uv_handle_t *)&watch->settle, NULL);
    free(watch->path);
    watch->path = NULL;
}
