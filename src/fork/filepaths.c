/* get_filepaths by default: the files of data_dir whose names start with the prefixes. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "fork/fork.h"

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISDIR(info.st_mode);
}

static void choose(DIR *folder, const char *data_dir, const char *prefix, struct fork_paths *chosen)
{
    rewinddir(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        char *path = file_join(data_dir, entry->d_name);
        if (is_file(path))
            vector_push(chosen, path);
        else
            free(path);
    }
    if (chosen->count > 1)
        qsort(chosen->items, chosen->count, sizeof *chosen->items, compare_paths);
}

static struct furcate_files view(const struct fork_paths *paths)
{
    return (struct furcate_files){(const char *const *)paths->items, paths->count};
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

bool fork_get_filepaths(struct furcate_fork *fork, struct furcate_filepaths *filepaths)
{
    const char *data_dir = furcate_config_string(fork, "data_dir");
    const char *train_prefix = furcate_config_string(fork, "train_prefix");
    const char *test_prefix = furcate_config_string(fork, "test_prefix");
    const char *valid_prefix = furcate_config_string(fork, "valid_prefix");
    if (fork_failed(fork))
        return false;

    if (file_is_remote(data_dir))
        return furcate_fail(
            fork, "the data_dir '%s' is no folder of this machine; define get_filepaths to find its files",
            data_dir);
    CLEANUP(memory_free) char *absolute = file_absolute(data_dir);
    CLEANUP(close_folder) DIR *folder = opendir(data_dir);
    if (!folder)
        return furcate_fail(fork, "cannot open the data_dir '%s' (%s): %s", data_dir, absolute,
                            strerror(errno));
    choose(folder, data_dir, train_prefix, &fork->train);
    choose(folder, data_dir, test_prefix, &fork->test);
    choose(folder, data_dir, valid_prefix, &fork->valid);
    *filepaths = (struct furcate_filepaths){view(&fork->train), view(&fork->test), view(&fork->valid)};
    return filepaths->train.count > 0 ||
           furcate_fail(
               fork,
               "no training files: nothing in %s has a name that starts with '%s'; correct data_dir or "
               "train_prefix",
               absolute, train_prefix);
}
