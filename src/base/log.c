#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/display.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

static const size_t most_unwritten = 1 << 20;

struct log {
    char *path;
    int fd; /* -1: the file could not be made anew yet */
    struct text unwritten;
    size_t lost; /* lines, once that is full */
    log_echo *echo;
    void *context;
};

static int open_file(const char *path)
{
    return folder_open_file(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT);
}

struct log *log_open(const char *path, struct error *err)
{
    int fd = open_file(path);
    if (fd < 0) {
        folder_error(err, errno, "cannot write %s", path);
        return NULL;
    }
    struct log *log = memory_new(1, sizeof *log);
    log->path = memory_copy_text(path);
    log->fd = fd;
    return log;
}

bool log_is_in_place(const struct log *log)
{
    struct stat opened, there;
    return log->fd >= 0 && fstat(log->fd, &opened) == 0 && stat(log->path, &there) == 0 &&
           file_is_same(&opened, &there);
}

static bool is_deleted(int fd)
{
    struct stat info;
    return fd >= 0 && fstat(fd, &info) == 0 && info.st_nlink == 0;
}

/* Writes what it can; a line that is torn by a full disk goes on at the same place later. */
static void write_out(struct log *log)
{
    if (is_deleted(log->fd))
        file_close_fd(&log->fd);
    if (log->fd < 0)
        log->fd = open_file(log->path);
    size_t done = 0;
    while (log->fd >= 0 && done < log->unwritten.len) {
        ssize_t put = write(log->fd, log->unwritten.data + done, log->unwritten.len - done);
        if (put < 0 && errno != EINTR)
            break;
        done += put > 0 ? (size_t)put : 0;
    }
    if (done > 0) {
        log->unwritten.len -= done;
        memmove(log->unwritten.data, log->unwritten.data + done, log->unwritten.len + 1);
    }
}

void log_close(struct log *log)
{
    if (!log)
        return;
    write_out(log);
    file_close_fd(&log->fd);
    text_free(&log->unwritten);
    free(log->path);
    free(log);
}

int log_file(const struct log *log)
{
    return log->fd;
}

void log_move(struct log *log)
{
    file_close_fd(&log->fd);
}

void log_set_echo(struct log *log, log_echo *echo, void *context)
{
    log->echo = echo;
    log->context = context;
}

/* Adds "stamp: furcate.runner] message\n". Returns where the message begins. */
static size_t add_line(struct text *line, const char *format, va_list args)
{
    char stamp[40];
    clock_format_micros(clock_wall(), stamp);
    text_addf(line, "%s: furcate.runner] ", stamp);
    size_t start = line->len;
    CLEANUP(text_free) struct text message = {0};
    text_addv(&message, format, args);
    for (size_t i = 0; i < message.len; i++)
        if (message.data[i] == '\n')
            message.data[i] = ' ';
    display_add_visible_lines(line, text_get(&message));
    text_add_char(line, '\n');
    return start;
}

static void keep(struct log *log, const struct text *line)
{
    if (log->unwritten.len + line->len > most_unwritten) {
        log->lost++;
        return;
    }
    text_add_bytes(&log->unwritten, line->data, line->len);
}

static void tell_of_lost(struct log *log)
{
    size_t lost = log->lost;
    log->lost = 0;
    log_line(log, LOG_DEBUG, "%zu line%s missing here: the log could not be written", lost,
             lost == 1 ? " is" : "s are");
}

void log_line(struct log *log, enum log_level level, const char *format, ...)
{
    CLEANUP(text_free) struct text line = {0};
    va_list args;
    va_start(args, format);
    size_t start = add_line(&line, format, args);
    va_end(args);

    keep(log, &line);
    write_out(log);
    if (log->lost > 0 && log->unwritten.len == 0)
        tell_of_lost(log);
    if (log->echo && level >= LOG_INFO)
        log->echo(log->context, level, line.data, line.data + start);
}
