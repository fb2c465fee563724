/* NAME.log and NAME.err of a run, to which its attempts write. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attempt_mark.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "store/directory.h"
#include "store/store.h"

static int open_for_appending(const struct run *run, int folder, const char *ending, struct error *err)
{
    CLEANUP(memory_free) char *name = text_format("%s.%s", run->name, ending);
    int fd = folder_open_file(folder, name, O_WRONLY | O_CREAT | O_APPEND);
    if (fd < 0)
        folder_error(err, errno, "cannot write %s/%s", run->directory, name);
    return fd;
}

static bool has_content(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 && info.st_size > 0;
}

/* Writes all of it or nothing. */
static bool write_mark(int fd, const char *mark)
{
    struct stat before;
    if (fstat(fd, &before) < 0 || file_write_all(fd, mark, strlen(mark)))
        return true;
    int number = errno;
    if (ftruncate(fd, before.st_size) < 0)
        number = errno;
    errno = number;
    return false;
}

static bool write_headers(const struct run *run, const int fds[2], struct error *err)
{
    char now[32];
    clock_format(clock_wall(), now);
    CLEANUP(memory_free) char *header = attempt_mark_header(run->attempt, now);
    for (int i = 0; i < 2; i++)
        if (!write_mark(fds[i], header))
            return error_system(err, errno, "cannot write to the output of %s in %s", run->name,
                                run->directory);
    return true;
}

/* Opens metrics.jsonl. *fd is -1 when there is nothing in it, and when it is no file that can be written,
 * such as a pipe or a folder: nothing is read from such a one either. */
static bool open_reports(const struct run *run, int folder, int *fd, struct error *err)
{
    struct stat info;
    *fd = folder_open_file(folder, "metrics.jsonl", O_RDWR | O_APPEND);
    if (*fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EROFS || errno == EIO))
        return error_system(err, errno, "cannot write %s/metrics.jsonl", run->directory);
    if (*fd >= 0 && (fstat(*fd, &info) < 0 || info.st_size == 0))
        file_close_fd(fd);
    return true;
}

static bool ends_torn(int fd)
{
    struct stat info;
    char last;
    return fstat(fd, &info) == 0 && pread(fd, &last, 1, info.st_size - 1) == 1 && last != '\n';
}

/* Tells what this attempt reports from what earlier ones did, of which the last line may lack its end. */
static bool mark_reports(const struct run *run, int folder, struct error *err)
{
    CLEANUP(file_close_fd) int fd = -1;
    if (!open_reports(run, folder, &fd, err))
        return false;
    if (fd < 0)
        return true;
    CLEANUP(memory_free) char *mark = attempt_mark_report(run->attempt);
    CLEANUP(memory_free) char *line = text_format("%s%s", ends_torn(fd) ? "\n" : "", mark);
    return write_mark(fd, line) ||
           error_system(err, errno, "cannot write to metrics.jsonl in %s", run->directory);
}

bool store_open_output(const struct run *run, int fds[2], struct error *err)
{
    CLEANUP(file_close_fd) int folder = store_directory_open(run, err);
    fds[0] = folder < 0 ? -1 : open_for_appending(run, folder, "log", err);
    fds[1] = fds[0] < 0 ? -1 : open_for_appending(run, folder, "err", err);
    bool opened = fds[0] >= 0 && fds[1] >= 0;
    bool is_again = opened && (run->attempt > 1 || has_content(fds[0]) || has_content(fds[1]));
    if (opened && (!is_again || (write_headers(run, fds, err) && mark_reports(run, folder, err))))
        return true;
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    return store_directory_refuse(run, err);
}

void store_note_unstarted(const struct run *run, const char *why)
{
    struct error ignored;
    CLEANUP(file_close_fd) int folder = store_directory_open(run, &ignored);
    CLEANUP(file_close_fd) int fd = folder < 0 ? -1 : open_for_appending(run, folder, "err", &ignored);
    CLEANUP(memory_free) char *line = text_format("furcate: %s\n", why);
    if (fd >= 0)
        file_write_all(fd, line, strlen(line));
}

/* Cuts the attempt's header line off the end of a file. */
static void cut_header(const struct run *run, int folder, const char *name)
{
    enum { most = 64, time_len = 19 };
    char end[most];
    struct stat info;
    CLEANUP(memory_free) char *header = attempt_mark_header(run->attempt, "0000-00-00 00:00:00");
    size_t len = strlen(header), before_time = len - time_len - strlen(" ---\n");
    CLEANUP(file_close_fd) int fd = folder_open_file(folder, name, O_RDWR);
    if (fd < 0 || fstat(fd, &info) < 0 || info.st_size < (off_t)len || len > most)
        return;
    off_t start = info.st_size - (off_t)len;
    if (pread(fd, end, len, start) == (ssize_t)len && memcmp(end, header, before_time) == 0 &&
        ftruncate(fd, start) < 0)
        return; /* it tells of an attempt that never was: no harm */
}

/* The same for its mark in metrics.jsonl. */
static void cut_mark(const struct run *run, int folder)
{
    enum { most = 64 };
    char end[most];
    struct stat info;
    CLEANUP(memory_free) char *mark = attempt_mark_report(run->attempt);
    size_t len = strlen(mark);
    struct error ignored;
    CLEANUP(file_close_fd) int fd = -1;
    if (!open_reports(run, folder, &fd, &ignored) || fd < 0 || fstat(fd, &info) < 0 ||
        info.st_size < (off_t)len || len > most)
        return;
    off_t start = info.st_size - (off_t)len;
    if (pread(fd, end, len, start) == (ssize_t)len && memcmp(end, mark, len) == 0 && ftruncate(fd, start) < 0)
        return; /* nothing follows it before the next one: no harm */
}

static void remove_if_empty(int folder, const char *name)
{
    struct stat info;
    if (fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) && info.st_size == 0)
        unlinkat(folder, name, 0);
}

void store_withdraw_run(const struct run *run)
{
    static const char *const endings[] = {"log", "err"};
    static const char *const files[] = {"config.json", "furcate.json"};
    CLEANUP(file_close_fd) int folder = folder_open(run->directory);
    if (folder < 0)
        return; /* it is not there, or none of ours */
    for (int i = 0; i < 2; i++) {
        CLEANUP(memory_free) char *name = text_format("%s.%s", run->name, endings[i]);
        cut_header(run, folder, name);
        if (run->attempt == 1)
            remove_if_empty(folder, name);
    }
    if (run->attempt > 1) {
        cut_mark(run, folder);
        return;
    }
    for (int i = 0; i < 2; i++)
        unlinkat(folder, files[i], 0);
    rmdir(run->directory); /* fails where something is left that is not ours: as it should */
}
