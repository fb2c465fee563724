#include "fork/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* What fcntl(2) tells of how it was opened; it is not to be made or emptied again. */
static int flags_of(int fd)
{
    return fcntl(fd, F_GETFL) & ~(O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | (O_TMPFILE & ~O_DIRECTORY));
}

static void reopen(int fd)
{
    char path[32];
    struct stat info;
    off_t position = lseek(fd, 0, SEEK_CUR);
    if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || position < 0)
        return;
    /* This name leads to the file also where it was renamed or deleted. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int opened = open(path, flags_of(fd) | O_CLOEXEC);
    if (opened < 0)
        return;
    if (lseek(opened, position, SEEK_SET) == position)
        dup3(opened, fd, fcntl(fd, F_GETFD) & FD_CLOEXEC ? O_CLOEXEC : 0);
    close(opened);
}

void files_reopen(void)
{
    DIR *folder = opendir("/proc/self/fd");
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (fd > STDERR_FILENO && fd != dirfd(folder))
            reopen(fd);
    }
    if (folder)
        closedir(folder);
}
