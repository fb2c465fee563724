#include "run/edited.h"

#include <string.h>

#include "base/file.h"

void edited_clear(struct edited *edited)
{
    for (size_t i = 0; i < edited->files.count; i++)
        free(edited->files.items[i].path);
    vector_free(&edited->files);
}

static struct edited_file *find(const struct edited *edited, const char *path)
{
    for (size_t i = 0; i < edited->files.count; i++)
        if (strcmp(edited->files.items[i].path, path) == 0)
            return &edited->files.items[i];
    return NULL;
}

const char *edited_note(struct edited *edited, const char *path)
{
    struct stat info;
    struct edited_file *known = find(edited, path);
    if (stat(path, &info) < 0 || !S_ISREG(info.st_mode))
        return NULL;
    if (known) {
        known->info = info;
        return known->path;
    }
    vector_push(&edited->files, ((struct edited_file){memory_copy_text(path), info}));
    return edited->files.items[edited->files.count - 1].path;
}

void edited_renew(struct edited *edited)
{
    for (size_t i = 0; i < edited->files.count; i++) {
        struct edited_file *file = &edited->files.items[i];
        if (stat(file->path, &file->info) < 0)
            file->info = (struct stat){0};
    }
}

static bool is_as_it_was(const struct edited_file *file)
{
    struct stat now;
    if (stat(file->path, &now) < 0)
        return file->info.st_nlink == 0; /* it was gone already */
    return file_is_same(&now, &file->info) && now.st_size == file->info.st_size &&
           now.st_mtim.tv_sec == file->info.st_mtim.tv_sec &&
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
