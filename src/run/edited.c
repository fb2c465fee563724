#include "run/edited.h"

#include "base/file.h"

void edited_clear(struct edited *edited)
{
    for (size_t i = 0; i < edited->files.count; i++)
        free(edited->files.items[i].path);
    vector_free(&edited->files);
}

void edited_note(struct edited *edited, const char *path)
{
    struct stat info;
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return;
    struct edited_file file = {memory_copy_text(path), info};
    vector_push(&edited->files, file);
}

static bool is_as_it_was(const struct edited_file *file)
{
    struct stat now;
    return stat(file->path, &now) == 0 && file_is_same(&now, &file->info) &&
           now.st_size == file->info.st_size && now.st_mtim.tv_sec == file->info.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == file->info.st_mtim.tv_nsec;
}

const char *edited_find(const struct edited *edited)
{
    for (size_t i = 0; i < edited->files.count; i++)
        if (!is_as_it_was(&edited->files.items[i]))
            return edited->files.items[i].path;
    return NULL;
}

const char *edited_find_newer(const struct edited *edited, double wall)
{
    for (size_t i = 0; i < edited->files.count; i++) {
        const struct timespec *changed = &edited->files.items[i].info.st_mtim;
        if ((double)changed->tv_sec + (double)changed->tv_nsec / 1e9 >= wall)
            return edited->files.items[i].path;
    }
    return NULL;
}
