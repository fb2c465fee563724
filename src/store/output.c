/* NAME.log and NAME.err of a run, to which its attempts write. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/attempt_mark.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "store/store.h"

static char *output_path(const struct run *run, const char *ending)
{
    return text_format("%s/%s.%s", run->directory, run->name, ending);
}

static int open_for_appending(const struct run *run, const char *ending, struct error *err)
{
    CLEANUP(memory_free) char *path = output_path(run, ending);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0)
        error_system(err, errno, "cannot write %s", path);
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
static bool open_reports(const struct run *run, int *fd, struct error *err)
{
    struct stat info;
    CLEANUP(memory_free) char *path = file_join(run->directory, "metrics.jsonl");
    *fd = open(path, O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EROFS || errno == EIO))
        return error_system(err, errno, "cannot write %s", path);
    if (*fd >= 0 && (fstat(*fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size == 0))
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
static bool mark_reports(const struct run *run, struct error *err)
{
    CLEANUP(file_close_fd) int fd = -1;
    if (!open_reports(run, &fd, err))
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
    fds[0] = open_for_appending(run, "log", err);
    fds[1] = fds[0] < 0 ? -1 : open_for_appending(run, "err", err);
    bool opened = fds[0] >= 0 && fds[1] >= 0;
    bool is_again = opened && (run->attempt > 1 || has_content(fds[0]) || has_content(fds[1]));
    if (opened && (!is_again || (write_headers(run, fds, err) && mark_reports(run, err))))
        return true;
    file_close_fd(&fds[0]);
    file_close_fd(&fds[1]);
    return false;
}

/* Cuts the attempt's header line off the end of a file. */
static void cut_header(const struct run *run, const char *path)
{
    enum { most = 64, time_len = 19 };
    char end[most];
    struct stat info;
    CLEANUP(memory_free) char *header = attempt_mark_header(run->attempt, "0000-00-00 00:00:00");
    size_t len = strlen(header), before_time = len - time_len - strlen(" ---\n");
    CLEANUP(file_close_fd) int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0 || info.st_size < (off_t)len || len > most)
        return;
    off_t start = info.st_size - (off_t)len;
    if (pread(fd, end, len, start) == (ssize_t)len && memcmp(end, header, before_time) == 0 &&
        ftruncate(fd, start) < 0)
        return; /* it tells of an attempt that never was: no harm */
}

/* The same for its mark in metrics.jsonl. */
static void cut_mark(const struct run *run)
{
    enum { most = 64 };
    char end[most];
    struct stat info;
    CLEANUP(memory_free) char *mark = attempt_mark_report(run->attempt);
    size_t len = strlen(mark);
    struct error ignored;
    CLEANUP(file_close_fd) int fd = -1;
    if (!open_reports(run, &fd, &ignored) || fd < 0 || fstat(fd, &info) < 0 || info.st_size < (off_t)len ||
        len > most)
        return;
    off_t start = info.st_size - (off_t)len;
    if (pread(fd, end, len, start) == (ssize_t)len && memcmp(end, mark, len) == 0 && ftruncate(fd, start) < 0)
        return; /* nothing follows it before the next one: no harm */
}

static void remove_if_empty(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0 && info.st_size == 0)
        unlink(path);
}

void store_withdraw_run(const struct run *run)
{
    static const char *const endings[] = {"log", "err"};
    static const char *const files[] = {"config.json", "furcate.json"};
    for (int i = 0; i < 2; i++) {
        CLEANUP(memory_free) char *path = output_path(run, endings[i]);
        cut_header(run, path);
        if (run->attempt == 1)
            remove_if_empty(path);
    }
    if (run->attempt > 1) {
        cut_mark(run);
        return;
    }
    for (int i = 0; i < 2; i++) {
        CLEANUP(memory_free) char *path = file_join(run->directory, files[i]);
        unlink(path);
    }
    rmdir(run->directory); /* fails where something is left that is not ours: as it should */
}
