#include "fork/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- before the forks --- */

/* Whether one is a dup(2) of the other: they have one position then. */
static bool are_twins(int fd, int other)
{
    off_t position = lseek(fd, 0, SEEK_CUR), before = lseek(other, 0, SEEK_CUR);
    if (position < 0 || before != position)
        return false;
    lseek(fd, position + 1, SEEK_SET);
    bool moved = lseek(other, 0, SEEK_CUR) == position + 1;
    lseek(fd, position, SEEK_SET);
    return moved;
}

static void add_regular(struct open_files *files, int fd)
{
    struct stat info;
    struct open_file file = {.fd = fd, .twin = -1};
    if (fd <= STDERR_FILENO || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
        return;
    for (size_t i = 0; i < files->list.count && file.twin < 0; i++)
        if (are_twins(fd, files->list.items[i].fd))
            file.twin = files->list.items[i].fd;
    vector_push(&files->list, file);
}

struct open_files files_find(void)
{
    struct open_files files = {0};
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            add_regular(&files, (int)strtol(entry->d_name, NULL, 10));
    if (folder)
        closedir(folder);
    return files;
}

/* --- in a fork --- */

static void put_at(int opened, int fd)
{
    dup3(opened, fd, fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0);
}

/* How fcntl(2) tells that it was opened, less what is for making a file, or for finding it. */
static int flags_of(int fd)
{
    return fcntl(fd, F_GETFL) & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_TMPFILE | O_NOFOLLOW);
}

static void reopen(int fd)
{
    char path[32];
    off_t position = lseek(fd, 0, SEEK_CUR);
    /* This name leads to the file also where it was renamed or deleted. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int opened = position >= 0 ? open(path, flags_of(fd) | O_CLOEXEC) : -1;
    if (opened < 0)
        return;
    if (lseek(opened, position, SEEK_SET) == position)
        put_at(opened, fd);
    close(opened);
}

void files_reopen(const struct open_files *files)
{
    for (size_t i = 0; i < files->list.count; i++) {
        const struct open_file *file = &files->list.items[i];
        if (file->twin < 0)
            reopen(file->fd);
        else
            put_at(file->twin, file->fd);
    }
}
